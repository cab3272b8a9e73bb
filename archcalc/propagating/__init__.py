"""What the initialisation does before the first step: signal and gradient along a network, in closed form."""
