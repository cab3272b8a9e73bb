"""Tests of the named quantities."""
