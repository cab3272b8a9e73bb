"""Rules about attention, recurrences and tables of tokens."""
