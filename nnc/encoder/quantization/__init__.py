"""From values to levels: step sizes, rounding, trellis, codebooks (clause 9, Annex G)."""
