"""Merges whose branches do not meet on one grid, in words."""

from typing import TYPE_CHECKING

from archcalc.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.alignment import Misalignment, Way
    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.tracing import Trace, TracedLayer


def problems(trace: "Trace", report: "ReceptiveFieldReport") -> "Iterator[Problem]":
    """A problem per merge and set of branches, at the place of the merge; equal axes are one."""
    found: dict[tuple[object, ...], list[Misalignment]] = {}
    for finding in report.misaligned:
        found.setdefault((finding.layer, finding.input, finding.ways), []).append(finding)
    for same in found.values():
        finding = same[0]
        layer = trace.by_name[finding.layer]
        axes = " and ".join(str(one.axis) for one in same)
        what = f"unaligned on {finding.input}, axis {axes}: {_reason(finding)}"
        ways = "\n  ".join(f"{_path(trace, layer, way)}: {_grid(way)}" for way in finding.ways)
        yield Problem(layer.place, layer.subject, what, ways)


def _reason(finding: "Misalignment") -> str:
    if finding.strides:
        listed = " and ".join(dict.fromkeys(str(way.stride) for way in finding.ways))
        return f"the branches have strides {listed}, so no receptive field can be stated"
    listed = " and ".join(dict.fromkeys(str(way.centre) for way in finding.ways))
    stride = finding.ways[0].stride
    return f"the branches' centres {listed} are apart by a part of their stride {stride}"


def _grid(way: "Way") -> str:
    return f"stride {way.stride}, centre of unit 0 at {way.centre}"


def _path(trace: "Trace", merge: "TracedLayer", way: "Way") -> str:
    """The branch from where it leaves the others, as far as it is a chain: ``a -> b -> c``."""
    layers = trace.by_name
    shared = {layer.name for layer in trace.above(port for port in merge.inputs if str(port) != way.source)}
    name = way.source.split(".")[0] if way.source not in layers else way.source
    names = [way.source]
    while name in layers and len(layers[name].inputs) == 1:
        name = layers[name].inputs[0].layer
        names.append(name)
        if name in shared:
            break
    return " -> ".join(reversed(names))
