"""What kinds do to second moments: the rules behind ``Layer.carry``, one file a trait or family."""
