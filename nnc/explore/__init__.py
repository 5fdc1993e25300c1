"""Self-contained pages that show what is in a bitstream, down to its bits."""

from nnc.explore.page import app_page, explorer_page

__all__ = ["app_page", "explorer_page"]
