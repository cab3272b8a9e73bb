"""Rules about the last layers, against the loss and the task."""
