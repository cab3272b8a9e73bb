"""Rules about activations, and about layers with none between them."""
