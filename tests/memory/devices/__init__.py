"""Several devices against published figures, other libraries' plans, and tensors that are really cut."""
