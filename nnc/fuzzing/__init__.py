"""Bitstreams for testing decoders: valid ones, and ones that break exactly one rule."""
