"""From a traced network to torch modules: the only room that imports torch, which is an extra."""
