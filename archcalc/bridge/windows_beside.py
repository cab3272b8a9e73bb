"""Where the windows of a spec lie beside those of the modules that its layers are: what no shape tells."""

from typing import TYPE_CHECKING, cast

from archcalc.matching.comparison import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from archcalc.matching.comparison import Gathering

MOVED = ("stride", "padding", "output_padding", "dilation", "padding_mode", "ceil_mode")
"""Arguments that say what a window reads; a dilation with its padding leaves every shape as it is."""


def compare_windows(
    modules: "Mapping[str, str]", theirs: "Mapping[str, nn.Module]", gathering: "Gathering"
) -> None:
    """Kinds of pools, and arguments of windows where a layer and its module are of one class of torch's.

    The size of a kernel is told by the weight, where there is one.

    Args:
        modules: name of a layer -> name of the module that it is.
        theirs: the modules by name.
        gathering: where it is noted.
    """
    for layer in gathering.trace.layers:
        module = theirs.get(modules[layer.name]) if layer.name in modules else None
        if not type(module).__module__.startswith("torch.nn."):
            continue  # a class of the user's may mean something else by these names
        where = "" if modules[layer.name] == layer.name else modules[layer.name]
        kind, pools = type(module).__name__, "kernel_size" in layer.resolved and not layer.facts.weights
        if pools and hasattr(module, "kernel_size"):
            gathering.compare(WINDOWS, layer, "kind", layer.type, kind, where)
        if kind != layer.type:
            continue
        for name in MOVED if "weight" in layer.facts.weights else ("kernel_size", *MOVED):
            ours, other = _even(layer.resolved.get(name)), _even(getattr(module, name, None))
            if ours is not None and isinstance(other, type(ours)):
                gathering.compare(WINDOWS, layer, name, ours, other, where)


def _even(value: object) -> object:
    """A size for all axes as one number; None for what is no size, number or word."""
    if isinstance(value, list | tuple):
        sizes = tuple(cast("list[object] | tuple[object, ...]", value))
        return sizes if len(set(sizes)) > 1 else next(iter(sizes), None)
    return value if isinstance(value, int | str) else None
