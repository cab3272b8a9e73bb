"""Rules about the spec file itself; the engine finds them."""
