"""Networks on several devices: who holds which part of a weight, and the bytes of each device."""
