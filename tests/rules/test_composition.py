"""Two linear maps as one, against torch: the pair is one convolution with the taps that are said."""

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc.facts import count
from archcalc.loading import loads
from archcalc.rules.questions.composition import composed
from archcalc.tracing import trace

Window = dict[str, int | bool]
LENGTH = 29
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
    with torch.no_grad():
        shift = pair(torch.zeros(1, 4, LENGTH, dtype=torch.float64))[0]
        matrix = torch.stack(
            [
                pair(point.reshape(1, 4, LENGTH))[0] - shift
                for point in torch.eye(4 * LENGTH, dtype=torch.float64)
            ]
        ).reshape(4, LENGTH, *shift.shape)
    assert torch.allclose(shift, shift[:, :1].expand_as(shift)), "its bias differs from place to place"
    step = int(first["stride"]) * int(second["stride"])
    taps: dict[int, torch.Tensor] = {}
    for place in range(shift.shape[1]):
        for read in range(LENGTH):
            weight = matrix[:, read, :, place]
            known = taps.setdefault(read - place * step, weight)
            assert torch.allclose(known, weight), "its kernel differs from place to place"
    used = sorted(offset for offset, weight in taps.items() if weight.abs().max() > 0)
    weights = one.params - int(second["out_channels"]) * (bool(first["bias"]) or bool(second["bias"]))
    groups = 2 if first["groups"] == second["groups"] == 2 else 1
    assert len(used) * 4 * int(second["out_channels"]) // groups <= weights
    assert sum(int((weight != 0).sum()) for weight in taps.values()) <= weights


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
