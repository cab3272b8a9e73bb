"""The layer kinds, one file a family; ``registry`` names them all."""
