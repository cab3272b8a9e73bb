"""How each layer kind is written for torch."""
