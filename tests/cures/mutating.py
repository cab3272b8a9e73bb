"""Random mistakes put into sound specs, as people make them; each must leave a spec that has an error."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

from archcalc import loads, trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from archcalc.tracing import Trace, TracedLayer

    Mistake = Callable[[dict[str, Any], Trace, Random], bool]
    """Puts a mistake into a spec's data; false where there is no place for it."""
SIZES = ("in_channels", "in_features", "num_features", "input_size", "num_channels", "embed_dim")


def _written(data: Any, layer: "TracedLayer") -> dict[str, Any] | None:  # noqa: ANN401  any data
    """The entry of a layer as a mapping that can be changed; None in a shipped block."""
    if layer.origin.in_spec != layer.origin:
        return None
    around, last = data, layer.origin.path[-1]
    if last == "merge":
        return None
    for step in layer.origin.path[:-1]:
        around = around[step]
    if isinstance(around[last], str):
        around[last] = {"type": around[last]}
    return cast("dict[str, Any]", around[last])


def _some(
    data: dict[str, Any], traced: "Trace", random: "Random", wanted: "Callable[[TracedLayer], bool]"
) -> "tuple[TracedLayer, dict[str, Any]] | None":
    fitting = [layer for layer in traced.layers if wanted(layer)]
    layer = random.choice(fitting) if fitting else None
    entry = _written(data, layer) if layer else None
    return (layer, entry) if layer and entry is not None else None


def another_size(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """A size that is written and does not arrive: one of another axis, of all together, twice, any."""
    found = _some(data, traced, random, lambda layer: any(key in SIZES for key in layer.facts.inferred))
    if found is None:
        return False
    layer, entry = found
    key = next(key for key in layer.facts.inferred if key in SIZES)
    right = int(str(layer.facts.inferred[key]))
    shape = layer.inputs[0].tensor.shape
    whole = 1
    for size in shape:
        whole *= size
    entry[key] = random.choice([*shape, whole, 2 * right, right // 2 or 3, right + random.randint(1, 9)])
    return bool(entry[key] != right)


def no_flatten(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """A Flatten left out in front of a layer that says what it reads."""
    at = [index for index, entry in enumerate(data["layers"]) if entry == "Flatten"]
    if not at or at[-1] + 1 >= len(data["layers"]):
        return False
    place = random.choice(at[-1:])
    behind: Any = data["layers"][place + 1]
    flat = next(layer for layer in traced.layers if layer.origin.path == ("layers", place))
    if isinstance(behind, str) or behind.get("type") != "Linear":
        return False
    cast("dict[str, Any]", behind)["in_features"] = flat.output.shape[0]
    del data["layers"][place]
    return True


def another_stride(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """A stride left out, or put in."""
    found = _some(data, traced, random, lambda layer: isinstance(dict(layer.arguments).get("stride"), int))
    if found is None:
        return False
    layer, entry = found
    entry["stride"] = 1 if dict(layer.arguments)["stride"] != 1 else 2
    return True


def another_padding(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """No padding, or 'same' beside a stride."""
    found = _some(data, traced, random, lambda layer: bool(dict(layer.arguments).get("padding")))
    if found is None:
        return False
    layer, entry = found
    strided = dict(layer.arguments).get("stride") not in (1, None) and "in_channels" in dict(layer.arguments)
    if strided and random.random() < 0.6 and not layer.arguments.transposed:
        entry["padding"] = "same"
    else:
        entry.pop("padding", None)
    return True


def another_kernel(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """A window that is larger than what it moves over."""
    found = _some(
        data,
        traced,
        random,
        lambda layer: "kernel_size" in dict(layer.arguments) and not layer.arguments.transposed,
    )
    if found is None:
        return False
    layer, entry = found
    entry["kernel_size"] = max(layer.inputs[0].tensor.shape[1:]) + random.randint(1, 9)
    entry.pop("padding", None)
    return True


def turned_input(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """Channels last, a batch axis, or no channels."""
    inputs: dict[str, list[object] | dict[str, object]] = data["inputs"]
    names = [name for name, value in inputs.items() if isinstance(value, list) and len(value) > 1]
    if not names:
        return False
    name = random.choice(names)
    sizes = data["inputs"][name]
    first = next((each for each in traced.layers if each.inputs[0].layer == name), None)
    entry = _written(data, first) if first else None
    if first is not None and entry is not None and "in_channels" in first.facts.inferred:
        entry["in_channels"] = int(str(first.facts.inferred["in_channels"]))
    data["inputs"][name] = random.choice([[*sizes[1:], sizes[0]], [32, *sizes], sizes[1:]])
    return True


def no_divisor(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """Heads or groups that do not divide."""
    keys = ("num_heads", "groups", "num_groups")
    found = _some(data, traced, random, lambda layer: any(key in dict(layer.arguments) for key in keys))
    if found is None:
        return False
    layer, entry = found
    key = next(key for key in keys if key in dict(layer.arguments))
    entry[key] = random.choice([3, 5, 7, 11])
    return True


def another_width(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """Another width in front of a sum."""
    sums = [layer for layer in traced.layers if layer.arguments.merges]
    names = {port.layer for layer in sums for port in layer.inputs}
    found = _some(
        data, traced, random, lambda layer: layer.name in names and "out_channels" in dict(layer.arguments)
    )
    if found is None:
        return False
    layer, entry = found
    entry["out_channels"] = layer.output.shape[0] + random.choice([-1, 1, 8, layer.output.shape[0]])
    return True


def another_shape(data: dict[str, Any], traced: "Trace", random: "Random") -> bool:
    """A reshape to another number of elements."""
    found = _some(data, traced, random, lambda layer: layer.type in ("Reshape", "Unflatten", "Flatten"))
    if found is None:
        return False
    layer, entry = found
    shape = list(layer.output.shape)
    shape[random.randrange(len(shape))] += random.randint(1, 5)
    for key in set(entry) - {"name", "from"}:
        del entry[key]
    entry |= {"type": "Reshape", "shape": shape}
    return True


MISTAKES: "tuple[Mistake, ...]" = (
    *(another_size, no_flatten, another_stride, another_padding, another_kernel, turned_input, no_divisor),
    *(another_width, another_shape),
)


def mistaken(text: str, data: dict[str, Any], mistake: "Mistake", random: "Random") -> dict[str, Any] | None:
    """The data of a spec with a mistake in it; None where there is no place for it."""
    changed = deepcopy(data)
    return changed if mistake(changed, trace(loads(text)), random) else None
