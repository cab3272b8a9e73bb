"""How numbers are explained."""
