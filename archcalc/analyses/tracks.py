"""The walk forward: what the units of every output read along each axis of an input, as intervals."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.fields import AxisField
from archcalc.analyses.hops import farther
from archcalc.analyses.roles import Role, role_from
from archcalc.analyses.spans import POINT, hull_of, through, through_past
from archcalc.analyses.transfer import Transfer
from archcalc.facts import FIRST, IDENTITY, leaves_empty, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.analyses.spans import Span, Spans
    from archcalc.analyses.transfer import Axis, Output
    from archcalc.facts import Phased, Reads, Tensor, Window
    from archcalc.tracing import Trace, TracedLayer


class Track(NamedTuple):
    """What the units of an output read of one input axis, and what the way tells of that axis."""

    field: AxisField
    role: Role = None


Tracks = dict["Output", "Mapping[Axis, Track]"]
"""Output -> axes of the inputs that it depends on."""


def tracks(
    trace: "Trace",
    sources: "Mapping[str, Tensor]",
    join: "Callable[[TracedLayer, Axis, Mapping[int, Track]], Track]",
) -> Tracks:
    """What the units of every output read of the first outputs of the sources (layers or inputs).

    ``join`` says what they read through several inputs of their layer, from what they read through each, by
    its index.
    """
    found: Tracks = {
        (name, trace.output_names(name)[0]): {
            (name, axis): Track(AxisField(axis, length, POINT, along=axis))
            for axis, length in enumerate(tensor.shape)
        }
        for name, tensor in sources.items()
    }
    for layer in trace.layers:
        for output in layer.facts.outputs if layer.name not in sources else ():
            ways: dict[Axis, dict[int, Track]] = {}
            for index, (port, reads) in enumerate(
                zip(layer.inputs, layer.facts.reads_of(output), strict=True)
            ):
                before = found.get((port.layer, port.output))
                if before and not unread(reads):
                    empty = leaves_empty(reads)
                    for axis, track in before.items():
                        ways.setdefault(axis, {})[index] = _step(track, reads, port.tensor, empty=empty)
            found[layer.name, output] = {
                axis: join(layer, axis, parts) if len(parts) > 1 else next(iter(parts.values()))
                for axis, parts in ways.items()
            }
    return found


def _step(track: Track, reads: "Reads", tensor: "Tensor", *, empty: bool) -> Track:
    """The track behind a layer; ``empty``: some of its units read nothing."""
    before = track.field
    if before.along is None:
        return track
    read = reads[before.along]
    field = _BEHIND.through(before, read)
    whole = field.whole or read.statistic
    exact = field.exact and not (empty or read.sampled or read.border == "absent")
    if whole and not before.whole:
        exact = exact and _read_by_all(before, tensor.shape[before.along])
    whole = whole or _covered(field)
    exact = exact and (whole or field.spans is not None or field.hops is not None)
    if (field.whole, field.exact, field.along) != (whole, exact, read.to):
        field = replace(field, whole=whole, exact=exact, along=read.to)
    return Track(field, role_from(track.role, read, tensor))


def _moved(field: AxisField, reach: "Window | Phased") -> AxisField:
    """The field behind windows; hops are kept where each unit reads at most one node.

    Where windows leave nodes out, those that stay need not read everything together.
    """
    if reach == IDENTITY:
        return field
    spans = field.spans and through(field.spans, reach)
    if field.hops is None:
        return replace(field, spans=spans)
    hops = field.hops if all(len(window) <= 1 for window in reach.phases) else None
    return replace(field, spans=spans, hops=hops, exact=field.exact and reach == FIRST)


_BEHIND: Transfer[AxisField, AxisField] = Transfer(
    windows=_moved,
    whole=lambda field: replace(field, spans=None, hops=None, whole=True),
    past=lambda field: replace(field, spans=field.spans and through_past(field.spans), hops=None),
    neighbours=lambda field, reach: replace(field, spans=None, hops=farther(field.spans, field.hops, reach)),
)


def _read_by_all(field: AxisField, units: int) -> bool:
    """Whether all the units of an axis together read the whole input; every node reads itself."""
    return field.hops is not None or _holds(hull_of(field.spans, units) if field.spans else None, field)


def _covered(field: AxisField) -> bool:
    """Whether all units read the same, and that is the whole axis."""
    spans: Spans | None = field.spans
    return spans is not None and not spans.shift and len(spans.ends) == 1 and _holds(spans.at(0), field)


def _holds(span: "Span | None", field: AxisField) -> bool:
    return span is not None and (span[0] or 0) <= 0 and span[1] >= field.length - 1
