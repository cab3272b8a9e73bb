"""Tests of help as records: that it is made as it is said, and mends what it is for."""
