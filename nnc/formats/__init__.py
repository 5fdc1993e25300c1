"""Model files: what is read into the encoder and written from the decoder."""

from nnc.formats.model import SUFFIXES, Model, read_model, write_model

__all__ = ["SUFFIXES", "Model", "read_model", "write_model"]
