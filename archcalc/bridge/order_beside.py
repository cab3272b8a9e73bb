"""In which order layers read each other, beside the order in which their modules are run."""

from typing import TYPE_CHECKING

from archcalc.matching.comparison import CALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.bridge.hooked import Calls
    from archcalc.matching.comparison import Gathering


def compare_order(modules: "Mapping[str, str]", calls: "Calls", gathering: "Gathering") -> None:
    """A module that ends before another one does cannot read it: two of one shape may have changed places.

    Args:
        modules: name of a layer -> name of the module that it is, by both names.
        calls: name of a module -> its calls, in the order in which modules ended first.
        gathering: where it is noted.
    """
    ended = {name: index for index, (name, each) in enumerate(calls.items()) if len(each) == 1}
    known = {layer: module for layer, module in modules.items() if module in ended}
    read: dict[str, frozenset[str]] = {}
    for layer in gathering.trace.layers:
        before = [
            frozenset((port.layer,)) if port.layer in known else read.get(port.layer, frozenset())
            for port in layer.inputs
        ]
        read[layer.name] = frozenset().union(*before)
        if layer.name not in known:
            continue
        for other in sorted(read[layer.name]):
            mine, theirs = known[layer.name], known[other]
            if not _within(mine, theirs):
                runs = ended[theirs] < ended[mine]
                gathering.compare(CALLS, layer, f"it is run behind {other}", ours=True, theirs=runs)


def _within(one: str, other: str) -> bool:
    """Whether one is the other or a part of it: its end tells nothing then."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")
