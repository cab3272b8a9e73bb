"""Networks beside one another: what differs between two, and what many have of what one looks for."""
