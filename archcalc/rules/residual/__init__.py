"""Rules about depth, shortcuts and what stands on them."""
