"""Markdown pages out of a schema: the reference of a format."""
