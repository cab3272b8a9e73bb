"""Help that is tried before it is told: changes of a spec as records, made, traced, and put into words."""
