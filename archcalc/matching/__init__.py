"""Tensors of a spec beside those of a module or a checkpoint: which belong together, and what differs."""
