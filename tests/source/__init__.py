"""YAML text to data and places: what is read, where it stands, what is refused and how fast."""
