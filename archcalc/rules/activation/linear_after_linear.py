"""AC305: two linear maps that are one."""

from functools import partial

from archcalc.cures.making import behind, in_front
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.axes import axis_behind
from archcalc.rules.questions.composition import composed, stacked
from archcalc.rules.questions.functions import drops, in_place, moves_windows, regroups, usual_activation
from archcalc.rules.questions.joining import needless_maps
from archcalc.rules.questions.maps import has_kernels, mixed_axis, trained_alone
from archcalc.rules.questions.neighbours import way_behind
from archcalc.tuples import NamedTuple


class Pair(NamedTuple):
    """Two layers of which the second alone makes use of the first, and what stands between them."""

    first: TracedLayer
    second: TracedLayer
    between: tuple[TracedLayer, ...]


def check(context: Context) -> Findings:
    """Linear maps that alone read another one, where one map of no more parameters does the work of both."""
    for first in context.layers:
        pair = _next_map(context, first) if trained_alone(context, first) else None
        if pair is None or not trained_alone(context, pair.second):
            continue
        told = _wasteful(pair) or _stacked(pair)
        if not told:
            continue
        yield at(
            pair.second,
            f"with nothing between that bends, {first.subject} and it are {told}",
            consequence="the two learn no function that the one map could not learn",
            hint="put an activation between them, or write one layer",
            cures=_cures(context, pair),
        )
    yield from _joined(context)


def _joined(context: Context) -> Findings:
    """Linear maps behind a Concat or an Add of linear maps, where one map does the work of all."""
    for second in context.layers:
        free = trained_alone(context, second)
        found = needless_maps(context, second, partial(trained_alone, context)) if free else None
        if found is not None:
            names = " and ".join(layer.subject for layer in found.maps)
            whose = "its" if len(found.maps) == 1 else "their"
            yield at(
                second,
                f"with nothing between that bends, {names} and what it makes of {whose} numbers are"
                f" {found.what}: {found.one:,} parameters do what {found.both:,} do",
                consequence="they learn no function that the one map could not learn",
                hint="put an activation (ReLU) in front of it, behind what joins them",
                cures=_bent(context, second),
            )


def _cures(context: Context, pair: Pair) -> tuple[Cure, ...]:
    """An activation between them, or the second one alone."""
    kind = usual_activation(context)
    from archcalc.rules.questions.removal import leaving_out

    alone = leaving_out(context, pair.first, "it is the one map") if not has_kernels(pair.first) else ()
    late = (in_front(pair.second, kind),) if pair.between else ()
    return behind(pair.first, kind), *late, *alone


def _bent(context: Context, second: TracedLayer) -> tuple[Cure, ...]:
    """An activation in front of a map, or behind what it reads."""
    before = context.trace.source(second.inputs[0])
    kind = usual_activation(context)
    return in_front(second, kind), *((behind(before, kind),) if before is not None else ())


def _wasteful(pair: Pair) -> str | None:
    """The one map of no more parameters that does what both do."""
    first, second, _ = pair
    if not all(regroups(layer) or drops(layer) for layer in pair.between):
        return None
    axis = mixed_axis(first)
    for layer in pair.between:
        axis = axis_behind(layer, axis)
    one = composed(first, second, in_place=all(map(in_place, pair.between)), axis=axis)
    both = first.facts.elements + second.facts.elements
    if one is None or one.params > both:
        return None
    return f"{one.what}: {one.params:,} parameters do what {both:,} do"


def _stacked(pair: Pair) -> str | None:
    """What two dense convolutions of the same axes are together, which no one factorises like this."""
    kernel = stacked(*pair) if all(map(moves_windows, pair.between)) else None
    return None if kernel is None else f"one {'x'.join(map(str, kernel))} convolution, but for the border"


def _next_map(context: Context, layer: TracedLayer) -> Pair | None:
    """The layer that alone makes use of this one, past those that bend nothing."""
    between, reader = way_behind(context, layer, lambda each: regroups(each) or moves_windows(each))
    if reader is None or reader.inputs[0].layer != (between[-1] if between else layer).name:
        return None  # nothing, or the weights of a graph's edges
    return Pair(layer, reader, between)


RULE = Rule(
    code="AC305",
    name="linear-after-linear",
    severity="warning",
    what="Two linear maps with no activation between that are one map, and no factorisation of it.",
    why=(
        "A linear map of a linear map is a linear map: without an activation between them the second layer"
        " costs parameters and time, and the network can learn nothing that it could not learn without it."
        " Mostly an activation was forgotten. Two maps that save parameters on purpose are no mistake and are"
        " not reported: a narrow layer between wide ones (a bound on the rank), a depthwise and a pointwise"
        " convolution, 1xn and nx1, dilated kernels in a row; two dense convolutions with kernels along the"
        " same axes are, though one kernel of both sizes has more weights, also with an average pool"
        " or a padding between. Not meant is what is no longer one map: a normalisation between, a 1x1 with a"
        " bias before padding with zeros, tied, frozen or reparametrised weights, several readers. Dropout"
        " between two maps is no activation, nor are views that keep the features together. Concat and Add"
        " of linear maps are still one map of what went in, as in a cell of Linear, Concat and Linear. Where"
        " anything else is joined with them nothing is said: NeRF joins a linear map with an input, the"
        " direction of view."
    ),
    instead="An activation between the two (ReLU, GELU), or one layer.",
    source="Goodfellow, Bengio & Courville, Deep Learning, 2016, section 6.1 (why hidden units bend)",
    good=(
        """\
inputs: {features: [256]}
layers:
  - {type: Linear, out_features: 16, bias: false, note: a factorisation of rank 16}
  - {type: Linear, out_features: 256}
""",
        """\
inputs: {image: [32, 16, 16]}
layers:
  - {type: Conv2d, out_channels: 32, kernel_size: 3, padding: 1, groups: 32, note: depthwise}
  - {type: Conv2d, out_channels: 64, kernel_size: 1, note: pointwise}
  - ReLU
  - {type: Conv2d, out_channels: 64, kernel_size: [1, 7]}
  - {type: Conv2d, out_channels: 64, kernel_size: [7, 1]}
""",
        """\
inputs: {image: [64, 16, 16]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 1, bias: false}
  - {type: BatchNorm2d, note: scales and shifts by the batch}
  - {type: Conv2d, out_channels: 64, kernel_size: 1}
""",
        """\
inputs: {tokens: {shape: [12], dtype: int64}}
layers:
  - {type: Embedding, name: words, num_embeddings: 1000, embedding_dim: 64}
  - {type: LSTM, hidden_size: 128}
  - {type: Linear, out_features: 64}
  - {type: TransposedLinear, out_features: 64}
  - {type: Linear, tie: words, out_features: 1000, bias: false}
ignore: [AC305]
""",
        """\
inputs: {place: [60], view: [24]}
layers:
  - {type: Linear, from: place, out_features: 256}
  - {type: ReLU, name: hidden}
  - {type: Linear, name: feature, out_features: 256}
  - {type: Concat, from: [feature, view], note: "as in NeRF, with an input"}
  - {type: Linear, out_features: 128}
""",
        """\
inputs: {tokens: [16, 128]}
layers:
  - {type: Linear, name: low, from: tokens, out_features: 8, bias: false}
  - {type: Linear, name: high, from: low, out_features: 128, bias: false}
  - {type: Linear, name: wide, from: tokens, out_features: 128}
  - {type: Add, name: adapted, from: [wide, high], note: "LoRA, whose sum three maps read"}
  - {type: Linear, name: query, from: adapted, out_features: 64}
  - {type: Linear, name: key, from: adapted, out_features: 64}
  - {type: Linear, name: value, from: adapted, out_features: 64}
outputs: [query, key, value]
""",
    ),
    bad=(
        Bad(
            """\
inputs: {category: [18], letter: [59], hidden: [128]}
layers:
  - {type: Concat, name: combined, from: [category, letter, hidden]}
  - {type: Linear, name: i2h, from: combined, out_features: 128}
  - {type: Linear, name: i2o, from: combined, out_features: 59}
  - {type: Concat, from: [i2h, i2o]}
  - {type: Dropout, p: 0.1}
  - {type: Linear, name: o2o, out_features: 59}
outputs: [o2o, i2h]
""",
            line=8,
            message="i2o (Linear) and what it makes of its numbers are one linear map 205 -> 59: 12,095",
        ),
        Bad(
            """\
inputs: {user: [64], item: [48]}
layers:
  - {type: Linear, name: a, from: user, out_features: 128}
  - {type: Linear, name: b, from: item, out_features: 128}
  - {type: Add, from: [a, b]}
  - {type: Linear, out_features: 32}
""",
            line=6,
            message="a (Linear) and b (Linear) and what it makes of their numbers are one linear map 112",
        ),
        Bad(
            """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: patches, out_channels: 192, kernel_size: 8, stride: 8}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - {type: Linear, name: embed, out_features: 192}
  - LayerNorm
""",
            line=6,
            message="patches (Conv2d) and it are one 8x8 convolution 3 -> 192: 37,056 parameters do",
        ),
        Bad(
            """\
inputs: {image: [64, 32, 32]}
layers:
  - {type: Conv2d, name: conv1, out_channels: 64, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: conv2, out_channels: 64, kernel_size: 3, padding: 1}
  - ReLU
""",
            line=4,
            message="conv1 (Conv2d) and it are one 5x5 convolution, but for the border",
        ),
        Bad(
            """\
inputs: {x: [34, 16], edge_index: {shape: [2, 156], dtype: int64}}
layers:
  - {type: GCNConv, name: near, from: [x, edge_index], out_channels: 16}
  - {type: Dropout, name: dropped}
  - {type: GCNConv, name: far, from: [dropped, edge_index], out_channels: 4}
""",
            line=5,
            message="near (GCNConv) and it are one linear map 16 -> 4 of 2 hops: 68 parameters do",
        ),
        Bad(
            """\
inputs: {image: [1, 32, 32]}
layers:
  - {type: Conv2d, name: c1, out_channels: 6, kernel_size: 5}
  - {type: AvgPool2d, kernel_size: 2}
  - {type: Conv2d, name: c3, out_channels: 16, kernel_size: 5}
""",
            line=5,
            message="c1 (Conv2d) and it are one 14x14 convolution, but for the border",
        ),
        Bad(
            """\
inputs: {image: [784]}
layers:
  - {type: Linear, name: fc1, out_features: 128}
  - {type: Dropout, p: 0.2}
  - {type: Linear, name: fc2, out_features: 10}
""",
            line=5,
            column=5,
            message="fc1 (Linear) and it are one linear map 784 -> 10: 7,850 parameters do what 101,770 do",
        ),
        Bad(
            """\
inputs: {image: [16, 32, 32]}
layers:
  - {type: Conv2d, name: conv, out_channels: 64, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: scores, out_channels: 21, kernel_size: 1}
""",
            line=4,
            message="are one 3x3 convolution 16 -> 21: 3,045 parameters do what 10,645 do",
        ),
        Bad(
            """\
inputs: {image: [1, 28, 28]}
layers:
  - {type: Conv2d, name: conv, out_channels: 8, kernel_size: 5}
  - Flatten
  - {type: Linear, name: fc, out_features: 10}
""",
            line=5,
            message="conv (Conv2d) and it are one linear map 784 -> 10: 7,850 parameters do what 46,298 do",
        ),
    ),
    check=check,
)
