"""The shipped block files: each is a ``Block`` in the spec language, read when a spec first uses it."""

from functools import cache
from pathlib import Path

from archcalc.source import Document, read
from archcalc.spec import Block
from archcalc.validation.documents import validated

FOLDER = Path(__file__).parent.parent / "blocks"


@cache
def block_names() -> frozenset[str]:
    """Names of the shipped blocks."""
    return frozenset(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def block(name: str) -> tuple[Block, Document]:
    """A shipped block and the document it stands in."""
    document = read(FOLDER / f"{name}.yaml")
    return validated(Block, document), document
