"""AC101: a layer whose output goes nowhere."""

from archcalc.layers.mathematics import Passing
from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.maps import is_map, mixed_axis


def check(context: Context) -> Findings:
    """Layers that nothing reads, and those of which only the shape is read."""
    for found in context.trace.findings:
        if not found.is_input:
            layer = context.trace.by_name[found.source]
            yield at(
                layer,
                found.what,
                consequence="it is computed, counted and trained for nothing: no gradient reaches it",
                hint=found.hint,
            )
    for layer in context.layers:
        if layer.facts.other_reads and layer.arguments.passes is Passing.CHOSEN:
            yield from _parts(context, layer)


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
    features = sum(layer.facts.outputs[name].shape[axis] for name in left)
    yield at(
        layer,
        f"nothing reads {names}: {features:,} of the {port.tensor.shape[axis]:,} features that"
        f" {maker.subject} makes for it",
        consequence="they are computed, counted and trained for nothing: no gradient reaches them",
        hint="read them with `from`, where another part may stand twice, or make fewer features",
    )


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
