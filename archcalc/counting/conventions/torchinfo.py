"""torchinfo: what every parameter is multiplied with is guessed from its name and the module's."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.collecting import uncollected
from archcalc.counting.conventions.convention import Convention, is_function, is_inside
from archcalc.counting.conventions.prices import CELLS, RECURRENT, prices, unseen
from archcalc.footprint.held import bytes_of_weights
from archcalc.tracing.runs import with_times
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.footprint.storages import Setting
    from archcalc.tracing import Trace, TracedLayer

RUN_BY_FUNCTIONS = ("MultiheadAttention", "ShiftedWindowAttention", "ScaledDotProductAttention")
"""Modules that never call the modules inside."""
BARE = ("Parameter", "LearnedPositionalEncoding", "ClassToken", "MaskTokens", "LayerScale", "LayerScale2d")


def _of_parameters(layer: "TracedLayer") -> int:
    """Parameters of every module inside times the positions of convolutions, else once."""
    weights = layer.facts.weights
    if not weights:
        return 0
    positions, convolves = prod(layer.output.shape[1:]), "Conv" in layer.type
    total = 0
    for name, sizes in weights.items():
        if name.rpartition(".")[2] in ("weight", "bias"):
            total += prod(sizes) * (positions if convolves or name.startswith("conv") else 1)
    return total


def _of_recurrent(layer: "TracedLayer") -> int:
    """Parameters times the first two axes of the output: batch and steps, of a cell batch and features."""
    shape = layer.output.shape
    return prod(shape[:1]) * sum(prod(sizes) for sizes in layer.facts.weights.values())


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


def _counts(trace: "Trace", layers: "Iterable[TracedLayer]") -> "Iterator[int | None]":
    """Its multiply-accumulates of layers; those of modules that are alike are counted once."""
    known: dict[tuple[int, str], int | None] = {}
    for layer in layers:
        if is_inside(trace, layer) or is_function(trace, layer):
            yield TORCHINFO.of(trace, layer)
            continue
        alike = id(layer.facts), layer.type
        if alike not in known:
            known[alike] = TORCHINFO.of(trace, layer)
        yield known[alike]


@uncollected()
def torchinfo_counts(trace: "Trace", setting: "Setting") -> TorchinfoCounts:
    """What torchinfo prints for a network on a batch, each layer a module that is called once."""
    every = list(with_times(trace.layers))
    counts = list(_counts(trace, (layer for _, layer in every)))
    of_batch = [
        times * count * layer.samples(setting.batch)
        for (times, layer), count in zip(every, counts, strict=True)
        if count is not None
    ]
    seen = [each for each in every if TORCHINFO.prices.get(each[1].type) is not unseen]
    held = bytes_of_weights((layer for _, layer in seen), setting, tied=True)
    return TorchinfoCounts(
        None if None in counts else sum(of_batch),
        2 * sum([times * setting.bytes(layer.output) for times, layer in seen if layer.facts.weights]),
        sum([times * size for (times, _), size in zip(seen, held, strict=True)]),
    )
