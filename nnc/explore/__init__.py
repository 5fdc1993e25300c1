"""One self-contained page that shows what is in a bitstream, down to its bits."""

from nnc.explore.page import explorer_page

__all__ = ["explorer_page"]
