"""Plots: what is drawn as plain records, and the two places where libraries draw them."""
