"""What the headers of checkpoints say: names, shapes, dtypes and bytes of tensors. No weights are read."""
