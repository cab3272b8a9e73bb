"""What archcalc takes, in ratios to other programs that run in the same minutes: ``python -m benchmarks``."""
