"""Tests of the design rules and of what runs them."""
