"""Rules about receptive fields and dilation."""
