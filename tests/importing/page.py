"""``docs/import_models.md``: what became of every model of the table."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tests.importing.judging import DIFFERS, OPAQUE, Judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FILE = Path(__file__).parents[2] / "docs" / "import_models.md"
LIBRARIES = {"tv": "torchvision", "timm": "timm", "hf": "transformers"}
CHOICE = {
    "tv": "All models for classification, segmentation and video, and the parts of the detectors.",
    "timm": "One model of each of its files, on images of the size that it is made for.",
    "hf": "Architectures built small: most with 2 layers of 64 features, on 16 tokens or images of 64 x 64.",
}
HEAD = """\
# Real models, imported

`python -m tests.importing.table --write` wrote this page. Each model was built as its library builds it
(without weights), recorded, read, written as a spec, and traced; then the spec was laid beside the module.
*Exact*: each parameter and each buffer has the module's name and shape, every output its shape, and the
MACs are those that torch counts in the calls that the layers stand for. The totals are also those that
torch gives by itself (`tests/importing/models.csv`), and the text that `archcalc import` writes has the
same when it is loaded again.

A layer of the kind `Opaque` stands for an operator that no kind is for: its shapes and weights are right,
its MACs are not known. *Layers* are those of the network, *lines* those of the text. What is not exact, or
has an `Opaque`, is listed in `tests/importing/gaps.csv`, and a test holds that this list can only shrink.
How long each took is left out, because it varies.
"""


def write_page(every: "Sequence[Judged]") -> None:
    """Write the page anew."""
    FILE.write_text("\n".join(page_lines(every)) + "\n", encoding="utf-8")


def page_lines(every: "Sequence[Judged]") -> "Iterator[str]":
    """The page."""
    yield HEAD
    yield from totals(every)
    for prefix, library in LIBRARIES.items():
        yield f"\n## {library} {version(library)}\n\n{CHOICE[prefix]}\n"
        yield "| model | | `Opaque` | layers | lines |\n|---|---|---|---|---|"
        yield from map(row, (found for found in every if found.model.startswith(f"{prefix}/")))


def totals(every: "Sequence[Judged]") -> "Iterator[str]":
    """How many models of each library are right."""
    yield f"With torch {version('torch')}:\n"
    yield "| | models | exact | of these without `Opaque` |\n|---|---|---|---|"
    for prefix, library in LIBRARIES.items():
        yield counts(library, [found for found in every if found.model.startswith(f"{prefix}/")])
    yield counts("all", every)


def counts(title: str, every: "Iterable[Judged]") -> str:
    """A line of the totals."""
    found = list(every)
    exact = [each for each in found if DIFFERS not in each.gaps]
    return f"| {title} | {len(found)} | {len(exact)} | {sum(not each.gaps for each in exact)} |"


def row(found: Judged) -> str:
    """The line of a model."""
    name = found.model.partition("/")[2]
    said = found.gaps.get(DIFFERS, "exact").replace("|", "\\|")
    opaque = found.gaps.get(OPAQUE, "")
    return f"| {name} | {said} | {opaque} | {found.layers or ''} | {found.lines or ''} |"
