"""What a decoder tells of a result that isn't the whole of a model."""

from __future__ import annotations


class DecodingWarning(UserWarning):
    """What is given back isn't all that the bitstream means."""


class MissingTensorsWarning(DecodingWarning):
    """The bitstream tells of tensors that it doesn't hold."""
