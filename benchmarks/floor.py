"""What a command line with tables and checked records takes at least: its libraries, and one small model."""

import rich.console
import rich.table
import typer
import yaml
from pydantic import BaseModel


class Point(BaseModel):
    """As small as a model can be."""

    x: int = 1


LOADED = (rich.console, rich.table, typer, yaml, Point)
