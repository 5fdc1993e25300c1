"""Parsers and writers in Python out of a schema."""
