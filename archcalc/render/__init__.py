"""Renderers: the same report as a table for people, JSON, CSV or Markdown."""
