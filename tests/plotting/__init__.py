"""Plots in the terminal and in files."""
