"""The schema language: grammar, reader and syntax tree."""
