"""Rules about size and budgets."""
