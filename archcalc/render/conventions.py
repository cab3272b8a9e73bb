"""Conventions of counting beside each other, and why their numbers differ."""

from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.render.cells import Column, Table
from archcalc.render.columns import title_of
from archcalc.render.document import head
from archcalc.render.tree import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.counting.conventions.convention import Convention
    from archcalc.render.cells import Cell
    from archcalc.render.fields import Json
    from archcalc.tracing import Trace, TracedLayer

OWN = "archcalc"
AT_A_TIME = 4
"""Conventions that stand beside each other in 80 columns."""


def conventions_table(trace: "Trace", conventions: "Sequence[Convention]", depth: int | None = None) -> Table:
    """Per layer the MACs of the linear algebra and of every convention; why they are others."""
    columns = (*_numbers(trace, conventions), _why(trace, conventions))
    return table(trace, title_of(trace), columns, tuple(_footer(trace, conventions)), depth)


def compared_tables(
    trace: "Trace", conventions: "Sequence[Convention]", depth: int | None = None
) -> "Iterator[Table]":
    """The same for eyes: some conventions at a time, and then the reasons."""
    title = title_of(trace)
    for some in range(0, len(conventions), AT_A_TIME):
        columns = _numbers(trace, conventions[some : some + AT_A_TIME])
        yield table(trace, title, tuple(columns), (), depth)
    yield table(trace, title, (_why(trace, conventions),), tuple(_footer(trace, conventions)), depth)


def _numbers(trace: "Trace", conventions: "Sequence[Convention]") -> "Iterator[Column]":
    yield Column(
        "MACs" if len(conventions) == 1 else OWN,
        lambda layer: _cell(_own(layer)),
        lambda scope: _cell(_sum(map(_own, scope.layers))),
        right=True,
        raw=lambda layer: _raw(_own(layer)),
    )
    yield from (_column(trace, each) for each in conventions)


def _why(trace: "Trace", conventions: "Sequence[Convention]") -> Column:
    return Column("Why", lambda layer: "; ".join(_reasons(trace, layer, conventions)))


def _column(trace: "Trace", convention: "Convention") -> Column:
    def of(layer: "TracedLayer") -> Fraction | None:
        return convention.macs(trace, layer)

    return Column(
        convention.name,
        lambda layer: _cell(of(layer)),
        lambda scope: _cell(_sum(map(of, scope.layers))),
        right=True,
        raw=lambda layer: _raw(of(layer)),
        raw_total=lambda scope: _raw(_sum(map(of, scope.layers))),
    )


def _own(layer: "TracedLayer") -> Fraction | None:
    return None if layer.facts.macs is None else Fraction(layer.facts.macs)


def _sum(macs: "Iterable[Fraction | None]") -> Fraction:
    """The known ones together."""
    return sum((each for each in macs if each is not None), Fraction(0))


def _cell(macs: Fraction | None) -> "Cell":
    return "?" if macs is None else _raw(macs) or None


def _raw(macs: Fraction | None) -> "Cell":
    """A whole number, or one with a half; None where it is not known."""
    return macs if macs is None else int(macs) if macs.denominator == 1 else float(macs)


def _reasons(trace: "Trace", layer: "TracedLayer", conventions: "Sequence[Convention]") -> "Iterator[str]":
    """Why the number of a convention is not that of the linear algebra, those with one reason together."""
    told: dict[str, list[str]] = {}
    for each in conventions:
        if each.macs(trace, layer) not in (None, _own(layer)):
            told.setdefault(each.why(trace, layer) or "counts otherwise", []).append(each.name)
    for reason, names in told.items():
        yield reason if len(conventions) == 1 else f"{', '.join(names)}: {reason}"


def _footer(trace: "Trace", conventions: "Sequence[Convention]") -> "Iterator[str]":
    own = _cell(_sum(map(_own, trace.layers)))
    yield f"{OWN} {own or 0:,} MACs: products of convolutions, matrices, attention and recurrent gates"
    for each in conventions:
        macs = [each.macs(trace, layer) for layer in trace.layers]
        total, unknown = _sum(macs), macs.count(None)
        printed = int(total * each.per_mac)
        unit = "as FLOPs " if each.per_mac > 1 else ""
        beside = f", {unit}{printed:,}" if each.per_mac > 1 else ""
        counted = each.parameters(trace)
        params = "" if counted is None else f", {counted:,} params"
        beside += f", not known for {unknown} layers" if unknown else ""
        yield f"{each.name} {_raw(total):,}{beside}{params} ({each.tool}): {each.counts}"
    yield "one forward pass of one sample; what counts FLOPs is halved"


def conventions_document(trace: "Trace", conventions: "Sequence[Convention]") -> "Json":
    """Per layer and in all what every convention counts, and why."""
    return {
        **head(trace),
        "conventions": {
            each.name: {"tool": each.tool, "counts": each.counts, "per_mac": each.per_mac}
            for each in conventions
        },
        "layers": [
            {
                "name": layer.name,
                "type": layer.type,
                "macs": layer.facts.macs,
                "conventions": {each.name: _raw(each.macs(trace, layer)) for each in conventions},
                "why": list(_reasons(trace, layer, conventions)),
            }
            for layer in trace.layers
        ],
        "totals": {
            "macs": _raw(_sum(map(_own, trace.layers))),
            "conventions": {
                each.name: _raw(_sum(each.macs(trace, layer) for layer in trace.layers))
                for each in conventions
            },
            "params": {each.name: each.parameters(trace) for each in conventions},
        },
    }
