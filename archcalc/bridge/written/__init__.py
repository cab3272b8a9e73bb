"""What torch lacks and exported files have written in them: read as text there."""
