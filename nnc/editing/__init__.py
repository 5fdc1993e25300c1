"""Changing what a bitstream carries: its tensors, and their levels."""
