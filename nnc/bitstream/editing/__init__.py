"""Changing a bitstream: all that a change entails, or nothing at all."""
