"""The analyses: one file each, one pure function from a trace to a frozen report."""
