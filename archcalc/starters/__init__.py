"""The specs that ``archcalc new`` writes: each passes ``archcalc check`` and says what may be changed."""

from pathlib import Path

FOLDER = Path(__file__).parent
FIRST = "classifier"
"""What is written where none is named."""


def starter_names() -> tuple[str, ...]:
    """Names of the starters, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def starter_text(name: str) -> str:
    """The file of a starter, which must be one of ``starter_names``."""
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
