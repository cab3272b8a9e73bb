"""Small networks from practice, each with the mistake that its head comment names."""
