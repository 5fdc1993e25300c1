"""What both sides of the codec know of a model: names, formats, nodes, maps (clauses 6.3, 6.4)."""
