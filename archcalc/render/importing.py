"""What an import says: whether the spec has what the module has, and what is not known of it."""

from typing import TYPE_CHECKING

from archcalc.rules.questions.axes import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.importing.checking import Agreement

SHOWN = 20
"""Differences that are told, and names of parameters."""


def import_lines(name: str, comparison: "Agreement") -> "Iterator[str]":
    """The result of an import, a line for each thing."""
    agrees = "differs from the module" if comparison.differences else "has exactly what the module has"
    if comparison.opaque and not comparison.differences:
        agrees = "has what the module has, but for operators that are not known"
    yield f"{name}: the spec {agrees}"
    for fact in comparison.differences[:SHOWN]:
        yield f"  difference: {fact}"
    if len(comparison.differences) > SHOWN:
        yield f"  and {counted(len(comparison.differences) - SHOWN, 'more difference')}"
    yield f"  parameters: {comparison.params:,} in {counted(comparison.tensors, 'tensor')}"
    yield f"  buffers: {comparison.buffers:,}"
    yield f"  output: {', '.join(str(list(shape)) for shape in comparison.outputs) or 'no tensor'}"
    yield f"  MACs: {comparison.macs:,}"
    if comparison.opaque:
        yield f"  {opaque_words(comparison.opaque)}"
    if comparison.unused:
        more = len(comparison.unused) - SHOWN
        names = ", ".join(comparison.unused[:SHOWN])
        yield f"  parameters that nothing uses: {names}{f' and {more:,} more' if more > 0 else ''}"
    for remark in comparison.remarks:
        yield f"  remark: {remark}"


def cautions(comparison: "Agreement") -> "list[str]":
    """What has to be known of an imported network before its numbers are believed."""
    told = [f"the spec differs from the module: {fact}" for fact in comparison.differences]
    told += [opaque_words(comparison.opaque)] if comparison.opaque else []
    return [*told, *comparison.remarks]


def opaque_words(opaque: "Mapping[str, int]") -> str:
    """Which operators no kind is known for, and what follows from that."""
    listed = ", ".join(
        operator if times == 1 else f"{operator} ({times:,} times)" for operator, times in opaque.items()
    )
    return f"no kind is known for {listed}: shapes and weights are right, MACs are a lower bound"
