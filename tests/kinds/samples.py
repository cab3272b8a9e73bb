"""Random arguments and inputs for every layer kind: valid and invalid mixed, small: borders matter."""

from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st

from archcalc.layers.registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

Arguments = dict[str, object]
Shape = tuple[int, ...]


class Sample(NamedTuple):
    """A layer's arguments as YAML would give them, and the shapes that arrive."""

    arguments: Arguments
    shapes: tuple[Shape, ...]


def per_axis(rank: int, values: "SearchStrategy[int]") -> "SearchStrategy[object]":
    """One number, or one per axis; now and then a wrong number of them, which is refused."""
    return st.one_of(values, st.tuples(*[values] * rank))


def some(draw: "DrawFn", chances: "dict[str, SearchStrategy[object]]") -> Arguments:
    """Some of the optional arguments."""
    return {name: draw(values) for name, values in chances.items() if draw(st.booleans())}


def image(draw: "DrawFn", rank: int, channels: "SearchStrategy[int]") -> Shape:
    """(C, *positions); seldom with an axis too many or too few."""
    largest = {1: 12, 2: 9, 3: 6}[rank]
    axes = draw(st.sampled_from([rank] * 18 + [rank - 1, rank + 1]))
    return (draw(channels), *(draw(st.integers(1, largest)) for _ in range(axes)))


def numbers(*values: int) -> "SearchStrategy[int]":
    """One of a few numbers."""
    return st.sampled_from(values)


def convolution(rank: int) -> "SearchStrategy[Sample]":
    """Conv1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        arguments: Arguments = {
            "out_channels": draw(numbers(1, 2, 3, 4, 6)),
            "kernel_size": draw(per_axis(rank, st.integers(1, 4))),
        }
        padding = st.one_of(per_axis(rank, st.integers(0, 4)), st.sampled_from(["same", "valid"]))
        arguments |= some(
            draw,
            {
                "stride": per_axis(rank, numbers(1, 1, 2, 3)),
                "padding": padding,
                "dilation": per_axis(rank, numbers(1, 1, 2, 3)),
                "groups": numbers(1, 2, 3, 4),
                "bias": st.booleans(),
                "padding_mode": st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
            },
        )
        return Sample(arguments, (image(draw, rank, numbers(1, 2, 4, 6)),))

    return draws()


@st.composite
def linear(draw: "DrawFn") -> Sample:
    """Linear on one to four axes."""
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple))
    arguments = {"out_features": draw(st.integers(1, 6)), **some(draw, {"bias": st.booleans()})}
    return Sample(arguments, (shape,))


def normalization(rank: int) -> "SearchStrategy[Sample]":
    """BatchNorm1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        arguments = some(
            draw,
            {
                "eps": st.floats(1e-8, 1),
                "momentum": st.one_of(st.none(), st.floats(0, 1)),
                "affine": st.booleans(),
                "track_running_stats": st.booleans(),
            },
        )
        return Sample(arguments, (image(draw, rank, st.integers(1, 5)),))

    return draws()


def pool(rank: int, *, average: bool) -> "SearchStrategy[Sample]":
    """MaxPool and AvgPool 1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        arguments: Arguments = {"kernel_size": draw(per_axis(rank, st.integers(1, 5)))}
        chances: dict[str, SearchStrategy[object]] = {
            "stride": st.one_of(st.none(), per_axis(rank, st.integers(1, 4))),
            "padding": per_axis(rank, numbers(0, 0, 1, 2, 3)),
            "ceil_mode": st.booleans(),
        }
        if average:
            chances["count_include_pad"] = st.booleans()
            if rank > 1:
                chances["divisor_override"] = st.one_of(st.none(), st.integers(-1, 3))
        else:
            chances |= {"dilation": per_axis(rank, numbers(1, 1, 2, 3)), "return_indices": st.booleans()}
        return Sample(arguments | some(draw, chances), (image(draw, rank, st.integers(1, 3)),))

    return draws()


def adaptive_pool(rank: int, *, average: bool) -> "SearchStrategy[Sample]":
    """AdaptiveAvgPool and AdaptiveMaxPool 1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        size = st.one_of(st.integers(1, 7), st.none())
        arguments: Arguments = {"output_size": draw(st.one_of(size, st.tuples(*[size] * rank)))}
        chances: dict[str, SearchStrategy[object]] = {} if average else {"return_indices": st.booleans()}
        return Sample(arguments | some(draw, chances), (image(draw, rank, st.integers(1, 3)),))

    return draws()


def pointwise(**chances: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """A layer that keeps any shape."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple))
        return Sample(some(draw, chances), (shape,))

    return draws()


def merge(**chances: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """Two or three inputs, mostly alike."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        first = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
        others = st.tuples(*(st.one_of(st.just(n), st.just(n), st.just(1), st.integers(1, 4)) for n in first))
        count = draw(st.integers(2, 3))
        return Sample(some(draw, chances), (first, *(draw(others) for _ in range(count - 1))))

    return draws()


INPLACE = {"inplace": st.booleans()}
SMALL = st.floats(0.01, 2)
DIM = st.one_of(st.none(), st.integers(-6, 6))
FAMILIES: "dict[str, Callable[[int], SearchStrategy[Sample]]]" = {
    "Conv": convolution,
    "BatchNorm": normalization,
    "MaxPool": lambda rank: pool(rank, average=False),
    "AvgPool": lambda rank: pool(rank, average=True),
    "AdaptiveAvgPool": lambda rank: adaptive_pool(rank, average=True),
    "AdaptiveMaxPool": lambda rank: adaptive_pool(rank, average=False),
}
SAMPLES: "dict[str, SearchStrategy[Sample]]" = {
    **{f"{family}{rank}d": draws(rank) for family, draws in FAMILIES.items() for rank in (1, 2, 3)},
    "Linear": linear(),
    "ReLU": pointwise(**INPLACE),
    "ReLU6": pointwise(**INPLACE),
    "LeakyReLU": pointwise(negative_slope=SMALL, **INPLACE),
    "PReLU": pointwise(num_parameters=st.integers(1, 5), init=SMALL),
    "ELU": pointwise(alpha=SMALL, **INPLACE),
    "GELU": pointwise(approximate=st.sampled_from(["none", "tanh"])),
    "SiLU": pointwise(**INPLACE),
    "Mish": pointwise(**INPLACE),
    "Hardswish": pointwise(**INPLACE),
    "Hardsigmoid": pointwise(**INPLACE),
    "Sigmoid": pointwise(),
    "Tanh": pointwise(),
    "Softplus": pointwise(beta=SMALL, threshold=st.floats(1, 30)),
    "Softmax": pointwise(dim=DIM),
    "LogSoftmax": pointwise(dim=DIM),
    "Dropout": pointwise(p=st.floats(-0.5, 1.5), **INPLACE),
    "Dropout2d": pointwise(p=st.floats(0, 1), **INPLACE),
    "Flatten": pointwise(start_dim=st.integers(-6, 6), end_dim=st.integers(-6, 6)),
    "Identity": pointwise(),
    "Add": merge(),
    "Multiply": merge(),
    "Concat": merge(dim=st.integers(-5, 5)),
}
assert SAMPLES.keys() == KINDS.keys(), "every kind has a strategy"
