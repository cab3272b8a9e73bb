"""The fuzzer: mutants of the shipped specs under random command lines, and what must not come of them."""
