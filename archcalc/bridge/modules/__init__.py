"""Modules for kinds that torch.nn has no class for or calls otherwise: after functions, libraries, papers."""
