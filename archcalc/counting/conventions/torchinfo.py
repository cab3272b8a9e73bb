"""torchinfo: what every parameter is multiplied with is guessed from its name and the module's."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.collecting import uncollected
from archcalc.counting.conventions.convention import Convention, is_function
from archcalc.counting.conventions.prices import CELLS, RECURRENT, prices, unseen
from archcalc.footprint.bytes import width
from archcalc.tracing.times import with_times
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.footprint.storages import Setting
    from archcalc.tracing import Trace, TracedLayer

RUN_BY_FUNCTIONS = ("MultiheadAttention", "ShiftedWindowAttention", "ScaledDotProductAttention")
"""Modules that never call the modules inside."""
BARE = ("Parameter", "LearnedPositionalEncoding", "ClassToken", "MaskTokens", "LayerScale", "LayerScale2d")


PLAIN = frozenset({"weight", "bias"})
"""Own names of the parameters that it looks at."""


def _of_parameters(layer: "TracedLayer") -> int:
    """Parameters of every module inside times the positions of convolutions, else once."""
    convolves, weights, once, at_each = "Conv" in layer.type, layer.facts.weights, 0, 0
    if PLAIN.issuperset(weights):
        return layer.facts.elements * (prod(layer.output.shape[1:]) if convolves else 1)
    for name, sizes in weights.items():
        if name.rpartition(".")[2] in PLAIN:
            if convolves or name.startswith("conv"):
                at_each += prod(sizes)
            else:
                once += prod(sizes)
    return once + at_each * prod(layer.output.shape[1:]) if at_each else once


def _of_recurrent(layer: "TracedLayer") -> int:
    """Parameters times the first two axes of the output: batch and steps, of a cell batch and features."""
    shape = layer.output.shape
    return prod(shape[:1]) * layer.facts.elements


TORCHINFO = Convention(
    "torchinfo",
    "torchinfo 1.8",
    "parameters, biases too, times the positions of a module with Conv in its name and times 1 elsewhere;"
    " what has no parameters of its own, attention and functions count 0",
    prices(_of_recurrent, *RECURRENT, *CELLS) | prices(unseen, *RUN_BY_FUNCTIONS, *BARE),
    _of_parameters,
    functions={},
    params="each",
    reasons={
        "": "parameters, biases too, once for all positions, or for each with Conv in its name",
        "Conv1d": "a bias is a multiply-accumulate per output",
        "Conv2d": "a bias is a multiply-accumulate per output",
        "Conv3d": "a bias is a multiply-accumulate per output",
        "ConvTranspose1d": "parameters times positions of the output, not of the input",
        "ConvTranspose2d": "parameters times positions of the output, not of the input",
        "ConvTranspose3d": "parameters times positions of the output, not of the input",
        "LSTM": "biases count as products",
        "GRU": "biases count as products",
        "RNN": "biases count as products",
        **dict.fromkeys(CELLS, "the features of the state are taken for steps: parameters times them"),
        **dict.fromkeys(
            ("MultiheadAttention", "ShiftedWindowAttention"),
            "a module with modules inside counts as these, which are not called",
        ),
        "MatMul": "has no parameters",
        "ScaledDotProductAttention": "has no parameters",
    },
)


class TorchinfoCounts(NamedTuple):
    """Lines under a table of torchinfo that count otherwise.

    Args:
        mult_adds: its multiply-accumulates of a batch; None where a layer's are not known.
        pass_bytes: its size of forward and backward pass: twice the outputs of modules with parameters.
        param_bytes: of parameters in modules that are called and have no modules inside, tied ones in each.
    """

    mult_adds: int | None
    pass_bytes: int
    param_bytes: int


Counted = tuple[int | None, int, int]
"""Of a layer in a batch: multiply-accumulates, and bytes of outputs and of parameters."""


def _counted(layer: "TracedLayer", setting: "Setting") -> Counted:
    """What it counts of a layer with parameters."""
    price = TORCHINFO.prices.get(layer.type, TORCHINFO.others)
    if price is unseen:
        return 0, 0, 0
    count = price(layer)
    mult_adds = None if count is None else count * layer.samples(setting.batch)
    own = layer.facts.elements * width(setting.dtype or layer.precision)
    return mult_adds, setting.bytes(layer.output), own


@uncollected()
def torchinfo_counts(trace: "Trace", setting: "Setting") -> TorchinfoCounts:
    """What torchinfo prints for a network on a batch, each layer a module that is called once."""
    mult_adds: int | None = 0
    outputs = params = 0
    known: dict[tuple[int, str], Counted] = {}  # those that are alike are counted once
    for times, layer in with_times(trace.layers):
        if not layer.facts.weights:
            continue  # it counts parameters alone
        alike = id(layer.facts), layer.type
        of_one, made, own = known.get(alike) or known.setdefault(alike, _counted(layer, setting))
        if is_function(trace, layer):
            of_one = 0  # of functions it sees none
        mult_adds = None if mult_adds is None or of_one is None else mult_adds + times * of_one
        outputs += times * made
        params += times * own
    return TorchinfoCounts(mult_adds, 2 * outputs, params)
