"""Encoding a base model and then updates of it (clauses 7.3, 9.2.4; Annex G)."""
