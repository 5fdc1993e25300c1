"""Encoding towards a size, an error or an accuracy."""
