"""The engine: documents of any format that a schema describes. It knows no format by name."""
