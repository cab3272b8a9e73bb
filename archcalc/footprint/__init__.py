"""Bytes of a network: what it holds, what is alive at once, what training keeps and adds."""
