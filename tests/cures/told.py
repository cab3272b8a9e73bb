"""Errors with the cures that are told of them, as the text files of ``told/`` have them.

A case is a line ``# name``, a spec, and a line ``> words`` for each cure, the closest first.
"""

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "told"


class Told(NamedTuple):
    """A spec with one mistake, and what is told of it."""

    name: str
    text: str
    words: tuple[str, ...]


def cases() -> list[Told]:
    """The cases of all files."""
    found: list[Told] = []
    for path in sorted(FOLDER.glob("*.txt")):
        for block in f"\n{path.read_text(encoding='utf-8')}".split("\n# ")[1:]:
            name, *lines = block.splitlines()
            words = tuple(line[2:] for line in lines if line.startswith("> "))
            text = "".join(f"{line}\n" for line in lines if not line.startswith("> "))
            found.append(Told(f"{path.stem}: {name}", text.strip() + "\n", words))
    return found
