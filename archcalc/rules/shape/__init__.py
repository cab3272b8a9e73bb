"""Rules about shapes and wiring."""
