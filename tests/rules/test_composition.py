"""Two linear maps as one, against torch: the pair is one convolution with the taps that are said."""

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc.facts import count
from archcalc.loading import loads
from archcalc.rules.context import Context
from archcalc.rules.questions.composition import composed
from archcalc.rules.questions.joining import needless_maps
from archcalc.tracing import trace

Window = dict[str, int | bool]
LENGTH = 29
NOISE = 1e-12
"""What rounding leaves where there is no weight, and no rank."""
small = st.integers(1, 3)
convolutions = st.fixed_dictionaries(
    {
        "out_channels": st.sampled_from([4, 6]),
        "kernel_size": small,
        "stride": small,
        "padding": st.sampled_from([0, 0, 1, 2]),
        "dilation": small,
        "groups": st.integers(1, 2),
        "bias": st.booleans(),
    }
)


def line(window: Window) -> str:
    return "{type: Conv1d, " + ", ".join(f"{key}: {value}".lower() for key, value in window.items()) + "}"


@settings(deadline=None, print_blob=True)
@given(convolutions, convolutions)
def test_the_pair_is_one_convolution_everywhere(first: Window, second: Window) -> None:
    text = f"inputs: {{x: [4, {LENGTH}]}}\nlayers: [{line(first)}, {line(second)}]"
    layers = trace(loads(text)).layers
    one = composed(layers[0], layers[1], in_place=True)
    assume(one is not None)
    assert one is not None
    pair = nn.Sequential(_module(4, first), _module(int(first["out_channels"]), second)).double()
    taps = _kernel(pair, 4, int(first["stride"]) * int(second["stride"]))
    used = sorted(offset for offset, weight in taps.items() if weight.abs().max() > NOISE)
    weights = one.params - int(second["out_channels"]) * (bool(first["bias"]) or bool(second["bias"]))
    groups = 2 if first["groups"] == second["groups"] == 2 else 1
    assert len(used) * 4 * int(second["out_channels"]) // groups <= weights
    assert sum(int((weight.abs() > NOISE).sum()) for weight in taps.values()) <= weights


def _kernel(pair: nn.Module, channels: int, step: int) -> dict[int, torch.Tensor]:
    """The taps of a linear map of (channels, positions), by their offsets, and that it is one everywhere."""
    with torch.no_grad():
        shift = pair(torch.zeros(1, channels, LENGTH, dtype=torch.float64))[0]
        points = torch.eye(channels * LENGTH, dtype=torch.float64)
        answers = pair(points.reshape(-1, channels, LENGTH)) - shift
        matrix = answers.reshape(channels, LENGTH, *shift.shape)
    assert torch.allclose(shift, shift[:, :1].expand_as(shift)), "its bias differs from place to place"
    taps: dict[int, torch.Tensor] = {}
    for place in range(shift.shape[1]):
        for read in range(LENGTH):
            weight = matrix[:, read, :, place]
            known = taps.setdefault(read - place * step, weight)
            assert torch.allclose(known, weight), "its kernel differs from place to place"
    return taps


class Turned(nn.Module):
    """A Linear at every position of (1, channels, positions)."""

    def __init__(self, channels: int, features: int, *, bias: bool) -> None:
        super().__init__()
        self.map = nn.Linear(channels, features, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, L) -> (N, features, L)."""
        turned: torch.Tensor = self.map(x.transpose(1, 2))
        return turned.transpose(1, 2)


@settings(deadline=None, print_blob=True)
@given(window=convolutions, bias=st.booleans(), behind=st.booleans())
def test_a_linear_map_and_a_convolution_past_a_transpose_are_one_convolution(
    *, window: Window, bias: bool, behind: bool
) -> None:
    made = int(window["out_channels"])
    turn, dense = "{type: Transpose, dim0: 0, dim1: 1}", f"{{type: Linear, out_features: 6, bias: {bias}}}"
    shape = [4, LENGTH] if behind else [LENGTH, 4]
    rows = [line(window), turn, dense] if behind else [dense, turn, line(window)]
    window = {**window, "groups": 1}
    rows = [line(window) if "Conv1d" in row else row for row in rows]
    first, _, second = trace(loads(f"inputs: {{x: {shape}}}\nlayers: [{', '.join(rows)}]")).layers
    one = composed(first, second, in_place=False, axis=1 if behind else 0)
    assume(one is not None)
    assert one is not None
    convolution = _module(4 if behind else 6, window)
    linear = Turned(made if behind else 4, 6, bias=bias)
    pair = nn.Sequential(*((convolution, linear) if behind else (linear, convolution))).double()
    taps = _kernel(pair, 4, int(window["stride"]))
    end = 6 if behind else made
    weights = 4 * end * int(window["kernel_size"])
    assert one.params == weights + end * (bias or bool(window["bias"]))
    assert sum(int((weight.abs() > NOISE).sum()) for weight in taps.values()) <= weights


@settings(deadline=None, print_blob=True)
@given(
    parts=st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 9)), min_size=2, max_size=4),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    made=st.integers(1, 9),
    added=st.booleans(),
)
def test_joined_maps_are_needless_where_one_of_full_rank_has_no_more_weights(
    *, parts: list[tuple[str, int]], sizes: tuple[int, int], made: int, added: bool
) -> None:
    reads = dict(zip("ab", sizes, strict=True))
    if added:
        parts = [(source, parts[0][1]) for source, _ in parts]
    rows = [
        f"{{type: Linear, name: m{index}, from: {source}, out_features: {width}, bias: false}}"
        for index, (source, width) in enumerate(parts)
    ]
    names = ", ".join(f"m{index}" for index in range(len(parts)))
    rows.append(f"{{type: {'Add' if added else 'Concat'}, from: [{names}]}}")
    rows.append(f"{{type: Linear, out_features: {made}, bias: false}}")
    model = loads(f"inputs: {{a: [{reads['a']}], b: [{reads['b']}]}}\nlayers: [{', '.join(rows)}]")
    context = Context(model, trace(model))
    told = needless_maps(context, context.layers[-1], lambda _: True)
    groups = [list(range(len(parts)))]
    if not added:
        groups = [[i for i, (source, _) in enumerate(parts) if source == each] for each in "ab"]
    needless: list[str] = []
    for group in filter(None, groups):
        if _needless(group, parts, reads, made, added=added):
            needless += [f"m{index}" for index in group]
    assert sorted(layer.name for layer in (told.maps if told else ())) == sorted(needless)


def _needless(
    group: list[int], parts: list[tuple[str, int]], reads: dict[str, int], made: int, *, added: bool
) -> bool:
    """Whether random maps of a group have as much rank as one map could, which has no more weights."""
    width = parts[group[0]][1] if added else sum(parts[index][1] for index in group)
    maps = [torch.randn(parts[index][1], reads[parts[index][0]], dtype=torch.float64) for index in group]
    # Added maps each read their own; side by side they read the same numbers.
    first = torch.cat(maps, 1 if added else 0)
    both = torch.randn(made, width, dtype=torch.float64) @ first
    full = float(torch.linalg.svdvals(both)[-1]) > NOISE  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # torch leaves it untyped
    return full and both.numel() <= sum(each.numel() for each in maps) + made * width


def _module(channels: int, window: Window) -> nn.Module:
    sizes = {key: int(value) for key, value in window.items() if key != "bias"}
    return nn.Conv1d(
        channels,
        sizes["out_channels"],
        sizes["kernel_size"],
        sizes["stride"],
        sizes["padding"],
        sizes["dilation"],
        sizes["groups"],
        bias=bool(window["bias"]),
    )


@settings(deadline=None, print_blob=True)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.sampled_from([0, 1]))
def test_what_is_composed_bounds_no_rank_and_saves_nothing(
    read: int, between: int, made: int, bias: int
) -> None:
    text = (
        f"inputs: {{x: [{read}]}}\nlayers:\n"
        f"  - {{type: Linear, out_features: {between}, bias: {bool(bias)}}}\n"
        f"  - {{type: Linear, out_features: {made}, bias: {bool(bias)}}}\n"
    )
    first, second = trace(loads(text)).layers
    one = composed(first, second, in_place=True)
    generic = torch.randn(made, between, dtype=torch.float64) @ torch.randn(
        between, read, dtype=torch.float64
    )
    rank = torch.linalg.matrix_rank(generic).item()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # torch leaves it untyped
    assert (one is not None) == (rank == min(read, made))
    if one is not None:
        assert one.params == count({"weight": (read, made), "bias": (made * bias,)})
        assert one.params <= count(first.facts.weights) + count(second.facts.weights)
