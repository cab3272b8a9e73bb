"""Lines below a table: the totals of a network, and the weights that are shared."""

from typing import TYPE_CHECKING

from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.compute import MacsReport
    from archcalc.analyses.parameters import ParamsReport


def macs_line(found: "MacsReport") -> str:
    """The total, and what counts."""
    bound = f" (lower bound: not known for {', '.join(found.unknown)})" if found.unknown else ""
    counts = "one sample, convolutions and matrix products only"
    return f"MACs {found.macs:,}{bound}, FLOPs {found.flops:,}: {counts}"


def params_lines(counted: "ParamsReport") -> "Iterator[str]":
    """Totals, embedding tables and active parameters where there are some, and which tensors are tied."""
    yield (
        f"params {counted.params:,}: trainable {counted.trainable:,},"
        f" non-trainable {counted.non_trainable:,}; buffers {counted.buffers:,}"
    )
    if counted.embedding:
        yield f"embedding {counted.embedding:,}, non-embedding {counted.non_embedding:,}"
    if counted.active != counted.params:
        yield f"active {counted.active:,} of {counted.params:,}: those that one position goes through"
    yield from _tied(counted)


def _tied(counted: "ParamsReport") -> "Iterator[str]":
    """A line per weight that is shared; one for all that a layer or scope shares with another one."""
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, layer in counted.layers.items():
        for own, owner in layer.tied.items():
            if own in layer.weights:
                full = tensor_name(name, own)
                pairs.setdefault(_apart(full, owner), []).append((full, owner))
    for (scope, other), tensors in pairs.items():
        if len(tensors) == 1:
            ((name, owner),) = tensors
            yield f"tied: {name} is {owner}"
        else:
            yield f"tied: {len(tensors)} weights of {scope} are those of {other}"


def _apart(name: str, other: str) -> tuple[str, str]:
    """Two full names without the parts at their ends that are equal."""
    mine, theirs = name.split("."), other.split(".")
    while len(mine) > 1 and len(theirs) > 1 and mine[-1] == theirs[-1]:
        mine.pop()
        theirs.pop()
    return ".".join(mine), ".".join(theirs)
