"""Memory: what is kept, what is alive, against torch."""
