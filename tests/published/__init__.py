"""Published networks that are not shipped, as specs: a paper each, and nothing that a rule finds."""
