"""The command line: ``archcalc COMMAND SPEC``."""

from archcalc.cli.app import main

__all__ = ["main"]
