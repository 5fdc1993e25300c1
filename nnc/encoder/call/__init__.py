"""What calls of the encoder take, and what they ask for."""
