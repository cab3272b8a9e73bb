"""AC308: sigmoids between many plain layers."""

from math import sqrt
from typing import TYPE_CHECKING

from archcalc.cures.making import all_of, retyped
from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import hands_on, is_gate
from archcalc.rules.questions.maps import is_map
from archcalc.rules.questions.neighbours import way_before, way_behind
from archcalc.rules.questions.vanishing import Stretch, lengthened
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

FEWEST = 2
"""Sigmoids of a stack."""
NOTHING = 1e-30
"""What of a gradient is not told as a number any more."""
LEAST = 2.0**-12
"""Length of a gradient in front of the first one, of 1 behind the last, below which none was seen"
" to train."""


def check(context: Context) -> Findings:
    """The last sigmoid of every chain through which next to nothing of a gradient comes back."""
    chains = _chains(context)
    for name, chain in chains.items():
        layer = context.trace.by_name[name]
        left = sqrt(chain.stretch.gradient)
        if chain.depth < FEWEST or left > LEAST or chain.fresh or not is_gate(layer):
            continue
        _, behind = way_behind(context, layer, lambda each: hands_on(each) or is_map(each))
        if behind is not None and is_gate(behind) and chains.get(behind.name, NONE).depth > chain.depth:
            continue  # the chain goes on, and its last one is reported
        gates = [*_sigmoids(context, layer)]
        depth = chain.depth + context.along(gates) - len(gates)
        yield at(
            layer,
            f"{depth} sigmoids in a row with plain layers between, this is the last",
            consequence=f"its slope is 1/4 at most: as it is initialised {_amount(left)} of a gradient is"
            " left in front of the first",
            hint="ReLU or GELU in the hidden layers, a normalisation before each, or shortcuts",
            cures=tuple(all_of(*(retyped(each, kind) for each in gates)) for kind in ("ReLU", "GELU")),
        )


def _amount(left: float) -> str:
    return f"{left:.0e}" if left >= NOTHING else "nothing that a number holds"


class Sigmoids(NamedTuple):
    """Sigmoids on the plain way to a layer, whether weights have come since the last one, and the way."""

    depth: int = 0
    fresh: bool = False
    stretch: Stretch = Stretch()


NONE = Sigmoids(0, fresh=True)
"""Where no chain stands."""


def _sigmoids(context: Context, last: TracedLayer) -> "Iterator[TracedLayer]":
    """The sigmoids of the chain that ends with this one, from the last one back."""
    layer: TracedLayer | None = last
    while layer is not None:
        yield layer
        _, layer = way_before(context, layer.inputs[0], lambda each: hands_on(each) or is_map(each))
        if layer is not None and not is_gate(layer):
            return


def _chains(context: Context) -> "dict[str, Sigmoids]":
    """Layer -> the chain that it is the end of.

    A merge, a normalisation, a gate (its reader multiplies) and every other kind begin anew.
    """
    found: dict[str, Sigmoids] = {}
    for layer in context.layers:
        chain = found.get(layer.inputs[0].layer, Sigmoids()) if len(layer.inputs) == 1 else Sigmoids()
        if is_map(layer):
            longer = lengthened(context, chain.stretch, layer)._replace(maps=(layer,))
            found[layer.name] = Sigmoids(chain.depth, fresh=True, stretch=longer)
        elif is_gate(layer):
            if chain.fresh and context.trace.only_reader(layer) is not None and not _gates(context, layer):
                stretch = lengthened(context, chain.stretch, layer)
                found[layer.name] = Sigmoids(chain.depth + 1, fresh=False, stretch=stretch)
        elif hands_on(layer):
            found[layer.name] = chain
    return found


def _gates(context: Context, layer: TracedLayer) -> bool:
    """Whether what it gives is multiplied with something, at once or regrouped."""
    _, reader = way_behind(context, layer, hands_on)
    return reader is None or len(reader.inputs) > 1


RULE = Rule(
    code="AC308",
    name="saturating-stack",
    severity="warning",
    what="So many hidden layers with Sigmoid in a row that no gradient passes, no norm or shortcut between.",
    why=(
        "The slope of a sigmoid is 1/4 at most and close to 0 where it saturates, so beside what the weights"
        " do each layer takes away three quarters of the gradient or more. Its mean is not 0 either, which"
        " drives the top hidden layer into saturation: Glorot & Bengio saw it come out late with four hidden"
        " layers, and not at all with five. Found is what leaves less than 2^-12 of a gradient's"
        " length, as five"
        " layers do that torch initialises; `init:` says where weights are drawn otherwise. Gates (what they"
        " give is multiplied), the last layer and recurrent cells are not meant. Tanh is not"
        " counted: its slope at 0 is 1 and its mean 0, and with"
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
