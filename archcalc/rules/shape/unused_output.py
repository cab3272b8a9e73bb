"""AC101: a layer whose output goes nowhere."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.making import all_of, keys_set, stating, without
from archcalc.layers.mathematics import Passing
from archcalc.rules.language import Bad, Context, Cure, Findings, Port, Rule, TracedLayer, at
from archcalc.rules.questions.maps import is_map, mixed_axis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IN_VAIN = "it is computed, counted and trained for nothing: no gradient reaches it"
UNTRAINED = "no gradient reaches it, at which torch's DistributedDataParallel ends training"


def check(context: Context) -> Findings:
    """Layers that nothing reads, and those of which only the shape is read."""
    unread = [found for found in context.trace.findings if not found.is_input]
    order = [*context.trace.inputs, *(each.name for each in context.layers)] if unread else []
    places = {name: place for place, name in enumerate(order)}
    for found in unread:
        layer = context.trace.by_name[found.source]
        yield at(
            layer,
            found.what,
            consequence=_consequence(layer),
            hint=found.hint,
            cures=_cures(context, layer, places),
        )
    for layer in context.layers:
        if layer.facts.other_reads and layer.arguments.passes is Passing.CHOSEN:
            yield from _parts(context, layer)


def _consequence(layer: TracedLayer) -> str:
    if not layer.arguments.is_source:
        return IN_VAIN
    return UNTRAINED if layer.facts.weights else "it is there for nothing"


def _cures(context: Context, layer: TracedLayer, places: "Mapping[str, int]") -> tuple[Cure, ...]:
    """The layer as an output, or without it and all that is made for it alone."""
    if context.trace.readers_of(layer.name):
        from archcalc.rules.questions.removal import leaving_out

        return leaving_out(context, layer, "only its shape is read, which its input has too")
    outputs = [*context.trace.outputs, Port(layer.name, "output", layer.output)]
    names = [str(port) for port in sorted(outputs, key=lambda port: places[port.layer])]
    dead = sorted(_made_for(context, layer), key=lambda each: -places[each.name])
    return all_of(*map(without, dead)), stating(("outputs",), names)


def _made_for(context: Context, layer: TracedLayer) -> list[TracedLayer]:
    """The layer and those before it that nothing else reads."""
    dead, waiting = {layer.name: layer}, [*layer.inputs]
    while waiting:
        each = context.trace.source(waiting.pop())
        if each is None or each.name in dead or each.name in context.trace.leaving:
            continue
        if all(reader.layer.name in dead for reader in context.trace.readers_of(each.name)):
            dead[each.name] = each
            waiting += each.inputs
    return list(dead.values())


def _parts(context: Context, layer: TracedLayer) -> Findings:
    """Features that a linear map makes for a part that nothing reads, such as the values of a projection."""
    (port,) = layer.inputs
    maker, axis = context.trace.source(port), getattr(layer.arguments, "dim", 0) % len(port.tensor.shape)
    read = {reader.output for reader in context.trace.readers_of(layer.name)}
    read |= {each.output for each in context.trace.outputs if each.layer == layer.name}
    left = [name for name in layer.facts.outputs if name not in read]
    if not left or not read or maker is None or not is_map(maker):
        return
    if mixed_axis(maker) != axis or context.trace.only_reader(maker) is not layer:
        return
    names = " and ".join(f"{layer.name}.{name}" for name in left)
    whole = len(port.tensor.shape)
    shapes = [layer.facts.outputs[name].shape for name in left]
    features = sum(shape[axis] if len(shape) == whole else 1 for shape in shapes)  # 1 of an Unbind
    yield at(
        layer,
        f"nothing reads {names}: {features:,} of the {port.tensor.shape[axis]:,} features that"
        f" {maker.subject} makes for it",
        consequence="they are computed, counted and trained for nothing: no gradient reaches them",
        hint="read them with `from`, where another part may stand twice, or make fewer features",
        cures=tuple(_instead_of_another(context, layer, left)),
    )


def _instead_of_another(context: Context, layer: TracedLayer, left: list[str]) -> "Iterator[Cure]":
    """The parts that nothing reads in the place of one that stands twice in a ``from``."""
    for reader in dict.fromkeys(each.layer.name for each in context.trace.readers_of(layer.name)):
        origin = context.trace.by_name[reader].origin
        written = origin.written("from")
        names, unread = [*cast("list[str]", written)] if isinstance(written, list) else [], [*left]
        for index, name in enumerate(names):
            if unread and name in names[:index] and "." in name:
                names[index] = f"{name.rpartition('.')[0]}.{unread.pop(0)}"
        if len(unread) < len(left):
            yield Cure(keys_set(origin, **{"from": names}))


RULE = Rule(
    code="AC101",
    name="unused-output",
    severity="warning",
    what="A layer whose output no other layer reads and that is not an output of the network.",
    why=(
        "Such a layer gets no gradient, so its weights stay as they were initialised, while it costs"
        " memory and time in every step. Mostly a `from` further down names the wrong layer, or a head was"
        " left behind. Of the parts of a Chunk or Split each has to be read where a linear map makes their"
        " features for nothing else; further outputs such as the last state of an LSTM need not be."
    ),
    instead="Read the layer with `from`, list it under `outputs`, or remove it.",
    source=(
        "PyTorch, DistributedDataParallel: parameters without a gradient end training with an error"
        " unless `find_unused_parameters` is set"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: trunk, out_channels: 8, kernel_size: 3}
  - {type: Conv2d, name: boxes, out_channels: 4, kernel_size: 1, from: trunk}
  - {type: Conv2d, name: scores, out_channels: 2, kernel_size: 1, from: trunk}
outputs: [boxes, scores]
""",
        """\
inputs: {tokens: [17, 64]}
layers:
  - {type: Linear, out_features: 64}
  - {type: Split, name: parts, split_size_or_sections: [1, 16], note: all but the class token}
  - {type: LSTM, name: states, from: parts.1, hidden_size: 32}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: trunk, out_channels: 8, kernel_size: 3}
  - {type: Conv2d, name: boxes, out_channels: 4, kernel_size: 1, from: trunk}
  - {type: Conv2d, name: scores, out_channels: 2, kernel_size: 1, from: trunk}
""",
            line=4,
            message="nothing reads its output",
        ),
        Bad(
            """\
inputs: {large: [8, 64, 64], small: [8, 32, 32]}
layers:
  - {type: ReLU, name: activated, from: small}
  - {type: Conv2d, name: wide, out_channels: 8, kernel_size: 1, from: large}
  - {type: Crop, from: [wide, activated]}
""",
            line=3,
            message="nothing reads its output but for the shape",
        ),
        Bad(
            """\
inputs: {tokens: [64, 96]}
layers:
  - SinusoidalPositionalEncoding
  - {type: Linear, name: project, out_features: 288}
  - {type: Chunk, name: qkv, chunks: 3, dim: 1}
  - {type: ScaledDotProductAttention, from: [qkv.0, qkv.1, qkv.1], num_heads: 4}
""",
            line=5,
            column=5,
            message="nothing reads qkv.2: 96 of the 288 features that project (Linear) makes for it",
        ),
    ),
    check=check,
)
