"""Runs the rules: finds files, selects, suppresses, fixes."""
