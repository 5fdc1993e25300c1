"""Programs that run other decoders for `nnc fuzz --against`, where those are installed."""
