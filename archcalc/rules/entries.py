"""Entries of a spec: every layer, container and block use that is written, and what stands around one."""

from typing import TYPE_CHECKING

from archcalc.spec import within
from archcalc.tracing.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.errors import Place
    from archcalc.source import Path
    from archcalc.spec import LayerSpec, Spec

    Entry = tuple[Path, LayerSpec]


def entries(spec: "Spec") -> "Iterator[Entry]":
    """Every entry with its path, those inside of containers and blocks too, used or not."""
    blocks = ((("blocks", name, "layers"), block.layers) for name, block in spec.blocks.items())
    for path, layers in ((("layers",), spec.layers), *blocks):
        for index, entry in enumerate(layers):
            yield from _with_inner((*path, index), entry)


def _with_inner(path: "Path", entry: "LayerSpec") -> "Iterator[Entry]":
    yield path, entry
    for below, inner in within(entry):
        yield from _with_inner((*path, *below), inner)


def around(origin: Origin) -> "Iterator[Origin]":
    """An entry, what stands around it in its document, the use of its block, and so on outwards."""
    at: Origin | None = origin
    while at is not None:
        for end in range(len(at.path), 0, -1):
            yield Origin(at.document, at.path[:end], at.use)
        at = at.use


def spot(origin: Origin) -> "Place":
    """Where an entry stands; what an alias repeats stands in one place."""
    return origin.document.place(origin.path)
