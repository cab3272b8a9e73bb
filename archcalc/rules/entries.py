"""Entries of a spec: every layer, container and block use that is written, and what stands around one."""

from typing import TYPE_CHECKING, cast

from archcalc.spec import LayerSpec, Spec, within
from archcalc.tracing import library
from archcalc.tracing.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.errors import Place
    from archcalc.source import Path

    Entry = tuple[Path, LayerSpec]


def entries(spec: Spec) -> "Iterator[Entry]":
    """Every entry with its path, those inside of containers and blocks too, used or not."""
    blocks = ((("blocks", name, "layers"), block.layers) for name, block in spec.blocks.items())
    for path, layers in ((("layers",), spec.layers), *blocks):
        for index, entry in enumerate(layers):
            yield from _with_inner((*path, index), entry)


def _with_inner(path: "Path", entry: LayerSpec) -> "Iterator[Entry]":
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


def accepts(origin: Origin, key: str) -> bool:
    """Whether a key can be written at the entry of the spec: always, but at a shipped block."""
    use = origin.in_spec
    if use.document is origin.document:
        return True
    kind = use.written("type") or use.entry()
    return isinstance(kind, str) and kind in library.block_names() and key in library.block(kind)[0].args


def conditional(origin: Origin, beside: Origin) -> bool:
    """Whether a layer can be left out or be another kind where the one ``beside`` it stays.

    Its entry, or a container or block use around it that is not around both, has an expression for
    ``when``, ``repeat`` or ``type``. A fix of one that rests on the other is then not safe.
    """
    shared = {place_of(each) for each in around(beside)}
    return any(_varies(each) for each in around(origin) if place_of(each) not in shared)


def _varies(origin: Origin) -> bool:
    given = isinstance(origin.written("when"), str) or isinstance(origin.written("repeat"), str)
    return given or has_expression(origin.written("type"))


def has_expression(value: object) -> bool:
    """Whether there is an expression in a value, so that a variable may change it."""
    if isinstance(value, dict):
        return any(map(has_expression, cast("Mapping[str, object]", value).values()))
    if isinstance(value, list):
        return any(map(has_expression, cast("list[object]", value)))
    return isinstance(value, str) and value.lstrip().startswith("=")


def place_of(origin: Origin) -> "Place":
    """Where an entry stands; what an alias repeats stands in one place."""
    return origin.document.place(origin.path)
