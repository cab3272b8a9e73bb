"""What rules ask of a network: shared answers, each in one place; none of them judges."""
