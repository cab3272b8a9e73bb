"""A shortcut of its own for a body that changes channels or size."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, SetKey
from archcalc.cures.proposals.inputs import MAP_AXES
from archcalc.cures.proposals.merges import has_windows
from archcalc.cures.proposals.wiring import led_through
from archcalc.layers.mathematics import Merge
from archcalc.tracing.records import Origin
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused

MAX_STRIDE = 16


def projections(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """A linear map of the channels, with the stride of the body, where the shortcut is the identity."""
    origin = refused.origin
    if origin.path[-1:] != ("merge",) or origin.in_spec != origin or len(refused.inputs) != 2:  # noqa: PLR2004  body, shortcut
        return
    around = Origin(origin.document, origin.path[:-1], origin.use)
    if around.written("body") is None or around.written("shortcut"):
        return
    body, arriving = (port.tensor.shape for port in refused.inputs)
    for mapping in _mapping(body, arriving, first=has_windows(context, refused)):
        entry = _as_written(context, refused, mapping)
        yield Cure((SetKey(around, "shortcut", flow_text([entry])),), f"it gives {list(body)}")


def named_projections(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The same in front of a sum that names what it adds: of what the other one is made from."""
    named = isinstance(refused.origin.written("from"), list)
    if not named or refused.arguments.merges is not Merge.SUM or len(refused.inputs) != 2:  # noqa: PLR2004  two ways
        return
    for position, port in enumerate(refused.inputs):
        other = refused.inputs[1 - position]
        above = {each.layer for layer in context.trace.above([other]) for each in layer.inputs}
        if port.layer in above:
            first = has_windows(context, refused)
            for entry in _mapping(other.tensor.shape, port.tensor.shape, first=first):
                changes = led_through(refused, entry, position=position, name="projected")
                yield Cure(changes, f"it gives {list(other.tensor.shape)}")


def _mapping(body: "Shape", arriving: "Shape", *, first: bool) -> "Iterator[Mapping[str, object]]":
    """Layers that make the body's shape of what arrives; ``first``: the channels of a sequence come first."""
    if len(body) != len(arriving):
        return
    features_last = len(body) == 1 or (len(body) not in MAP_AXES and not first)
    if features_last:
        if body[:-1] == arriving[:-1]:
            yield {"type": "Linear", "out_features": body[-1], "bias": False}
        return
    strides = [_stride(n, m) for n, m in zip(arriving[1:], body[1:], strict=True)]
    if strides and None not in strides:
        kind = {"type": f"Conv{len(strides)}d", "out_channels": body[0], "kernel_size": 1}
        stride = strides[0] if len(set(strides)) == 1 else strides
        yield {**kind, **({"stride": stride} if stride != 1 else {}), "bias": False}


def _stride(n: int, m: int) -> int | None:
    """The stride that takes m of n positions."""
    return next((stride for stride in range(1, MAX_STRIDE + 1) if (n - 1) // stride + 1 == m), None)


def _as_written(
    context: "Context", refused: "Refused", entry: "Mapping[str, object]"
) -> "Mapping[str, object]":
    """The layer with the expressions of the body, which hold for every use of a block."""
    if refused.origin.use is None:
        return entry
    own = dict(entry)
    for layer in reversed(context.trace.above(refused.inputs[:1])):
        if layer.origin.path[: len(refused.origin.path) - 1] != refused.origin.path[:-1]:
            continue
        for key in ("out_channels", "out_features", "stride"):
            written = layer.origin.written(key)
            if _is_expression(written) and dict(layer.arguments)[key] == own.get(key):
                own[key] = written
    conditions = [
        f"{name} != {_bare(own[key])}"
        for name, key in (
            ("in_channels", "out_channels"),
            ("in_features", "out_features"),
            ("1", "stride"),
        )
        if _is_expression(own.get(key))
    ]
    if conditions:
        own["when"] = f"={' or '.join(conditions)}"
    return own


def _is_expression(written: object) -> bool:
    return isinstance(written, str) and written.startswith("=")


def _bare(written: object) -> str:
    text = cast("str", written)[1:].strip()
    return text if text.isidentifier() else f"({text})"
