"""AC308: sigmoids between many plain layers."""

from typing import TYPE_CHECKING

from archcalc.cures.making import all_of, retyped
from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import hands_on, is_gate
from archcalc.rules.questions.maps import is_map
from archcalc.rules.questions.neighbours import way_before, way_behind

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 4
"""Hidden sigmoid layers that Glorot & Bengio still trained from random weights; 5 never left saturation."""
SLOPE = 4
"""A sigmoid's slope is at most 1/4, a hard sigmoid's 1/6."""


def check(context: Context) -> Findings:
    """The last sigmoid of every chain that has more than ``DEEPEST`` of them."""
    chains = _chains(context)
    for name, (depth, fresh) in chains.items():
        layer = context.trace.by_name[name]
        if depth <= DEEPEST or fresh or not is_gate(layer):
            continue
        _, behind = way_behind(context, layer, lambda each: hands_on(each) or is_map(each))
        if behind is not None and is_gate(behind) and chains.get(behind.name, (0, True))[0] > depth:
            continue  # the chain goes on, and its last one is reported
        yield at(
            layer,
            f"{depth} sigmoids in a row with plain layers between, this is the last",
            consequence=f"a sigmoid's slope is at most 1/{SLOPE}: gradients shrink {SLOPE}^{depth} times or"
            " more, beside what the weights do",
            hint="ReLU or GELU in the hidden layers, a normalisation before each, or shortcuts",
            cures=tuple(
                all_of(*(retyped(each, kind) for each in _sigmoids(context, layer)))
                for kind in ("ReLU", "GELU")
            ),
        )


def _sigmoids(context: Context, last: TracedLayer) -> "Iterator[TracedLayer]":
    """The sigmoids of the chain that ends with this one, from the last one back."""
    layer: TracedLayer | None = last
    while layer is not None:
        yield layer
        _, layer = way_before(context, layer.inputs[0], lambda each: hands_on(each) or is_map(each))
        if layer is not None and not is_gate(layer):
            return


def _chains(context: Context) -> "dict[str, tuple[int, bool]]":
    """Layer -> sigmoids on the plain way to it, and whether weights have come since the last one.

    A merge, a normalisation, a gate (its reader multiplies) and every other kind begin anew.
    """
    found: dict[str, tuple[int, bool]] = {}
    for layer in context.layers:
        depth, fresh = found.get(layer.inputs[0].layer, (0, False)) if len(layer.inputs) == 1 else (0, False)
        if is_map(layer):
            found[layer.name] = (depth, True)
        elif is_gate(layer):
            if fresh and context.trace.only_reader(layer) is not None and not _gates(context, layer):
                found[layer.name] = (depth + 1, False)
        elif hands_on(layer):
            found[layer.name] = (depth, fresh)
    return found


def _gates(context: Context, layer: TracedLayer) -> bool:
    """Whether what it gives is multiplied with something, at once or regrouped."""
    _, reader = way_behind(context, layer, hands_on)
    return reader is None or len(reader.inputs) > 1


RULE = Rule(
    code="AC308",
    name="saturating-stack",
    severity="warning",
    what=f"More than {DEEPEST} hidden layers with Sigmoid in a row, no normalisation or shortcut between.",
    why=(
        "The slope of a sigmoid is 1/4 at most and close to 0 where it saturates, so beside what the weights"
        " do each layer takes away three quarters of the gradient or more. Its mean is not 0 either, which"
        " drives the top hidden layer into saturation: Glorot & Bengio saw it come out late with four hidden"
        " layers, and not at all with five. Gates (what they give is multiplied), the last layer and"
        " recurrent cells are not meant. Tanh is not counted: its slope at 0 is 1 and its mean 0, and with"
        " an initialisation to match deep stacks of it train."
    ),
    instead="ReLU, GELU or SiLU in hidden layers; a BatchNorm or LayerNorm before each Sigmoid; shortcuts.",
    source=(
        "Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010,"
        " section 3.1"
    ),
    good=(
        """\
inputs: {features: [16]}
layers:
  - type: Sequential
    name: hidden
    repeat: 4
    layers:
      - {type: Linear, out_features: 16}
      - Sigmoid
  - {type: Linear, out_features: 1}
  - {type: Sigmoid, note: the probability}
""",
        """\
inputs: {features: [16]}
layers:
  - type: Sequential
    name: hidden
    repeat: 8
    layers:
      - {type: Linear, out_features: 16, bias: false}
      - BatchNorm1d
      - Sigmoid
""",
        """\
inputs: {image: [16, 8, 8]}
layers:
  - type: Sequential
    name: gated
    repeat: 8
    layers:
      - {type: Conv2d, name: values, out_channels: 16, kernel_size: 1}
      - {type: Conv2d, name: scores, from: input, out_channels: 16, kernel_size: 1}
      - {type: Sigmoid, name: gate}
      - {type: Multiply, from: [values, gate]}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [16]}
layers:
  - type: Sequential
    name: hidden
    repeat: 6
    layers:
      - {type: Linear, out_features: 16}
      - Sigmoid
  - {type: Linear, out_features: 1}
""",
            line=8,
            column=9,
            message="6 sigmoids in a row with plain layers between",
        ),
        Bad(
            """\
inputs: {image: [1, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 6, kernel_size: 5}
  - Sigmoid
  - {type: AvgPool2d, kernel_size: 2}
  - {type: Conv2d, out_channels: 16, kernel_size: 5}
  - Sigmoid
  - {type: AvgPool2d, kernel_size: 2}
  - Flatten
  - {type: Linear, out_features: 120}
  - Sigmoid
  - {type: Linear, out_features: 84}
  - Sigmoid
  - {type: Linear, out_features: 84}
  - {type: Sigmoid, name: last}
  - {type: Linear, out_features: 10}
""",
            line=15,
            message="5 sigmoids in a row with plain layers between, this is the last",
        ),
    ),
    check=check,
)
