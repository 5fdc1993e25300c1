"""Bitstreams as JSON and back, and the JSON Schema of that."""
