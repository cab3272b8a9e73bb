"""Data checked against models of pydantic, and what is wrong with it in words with its place."""
