"""From what the encoder is given to tensors that it can code."""
