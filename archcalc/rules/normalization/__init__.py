"""Rules about normalisation and activation."""
