"""The one exception of the generator."""

from __future__ import annotations

from nnc_schema.language.tree import Position


class SchemaError(Exception):
    """Something is wrong in a schema file.

    Attributes:
        position: where.
        message: what was found, and what was expected.
    """

    def __init__(self, position: Position, message: str):
        """Store place and message."""
        super().__init__(message)
        self.position = position
        self.message = message

    def __str__(self) -> str:
        """Return `file:line:column: message`."""
        place = self.position
        return f"{place.file}:{place.line}:{place.column}: {self.message}"
