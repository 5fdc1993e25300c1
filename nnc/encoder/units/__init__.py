"""From tensors to the units of a bitstream (clauses 6.2 to 6.4, 7.3)."""
