"""What units read, as torch's gradients tell it: each layer's module by itself, from the last one back."""
