"""Networks with one mistake at each line that says so, and one without any."""
