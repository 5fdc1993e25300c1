"""What can be asked of the encoder, for a model and for single tensors."""
