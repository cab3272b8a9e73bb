"""Valid sizes: what is read off the conditions is what traces one by one say."""

from typing import TYPE_CHECKING, NamedTuple

import pytest

from archcalc import Fault, SpecError, input_sizes, load, loads, trace
from archcalc.render.solving import sizes_text
from archcalc.solving.solution import solution
from archcalc.solving.valid_sizes import input_axes, valid_sizes
from archcalc.solving.varying import GivenNetwork, Varied, varied
from archcalc.solving.wants import wants
from archcalc.zoo import names
from tests.samples import samples
from tests.solving.drawing import drawn

if TYPE_CHECKING:
    from archcalc.tracing import Trace

LARGEST = 300
WRITTEN = """
inputs: {image: [4, 16, 24]}
layers:
  - {type: Conv2d, name: a, out_channels: 4, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: b, out_channels: 4, kernel_size: 2, stride: 2}
  - {type: MaxPool2d, name: c, kernel_size: 2}
  - {type: ConvTranspose2d, out_channels: 4, kernel_size: 2, stride: 2}
  - {type: Concat, from: [ConvTranspose2d_0, b], name: join}
  - {type: ConvTranspose2d, out_channels: 4, kernel_size: 2, stride: 2}
  - {type: Concat, from: [ConvTranspose2d_1, a]}
""".replace("ConvTranspose2d_0", "up1").replace("ConvTranspose2d_1", "up2")
WRITTEN_ONCE = WRITTEN.replace("{type: ConvTranspose2d, ", "{type: ConvTranspose2d, name: up1, ", 1)
HEAD, _, TAIL = WRITTEN_ONCE.rpartition("{type: ConvTranspose2d, ")
UNET = f"{HEAD}{{type: ConvTranspose2d, name: up2, {TAIL}"


class Asked(NamedTuple):
    """What is varied, and its valid values in words."""

    spec: str
    name: str
    valid: str


def one(*layers: str, shape: str = "[4, 32, 32]", variables: str = "{}") -> str:
    listed = "\n".join(f"  - {layer}" for layer in layers)
    return f"vars: {variables}\ninputs: {{x: {shape}}}\nlayers:\n{listed}\n"


QUESTIONS = [
    Asked(UNET, "image[1]", "multiples of 4, from 4"),
    Asked(UNET, "image[1],image[2]", "multiples of 4, from 4"),
    Asked(
        one(
            "{type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2}",
            "{type: PixelUnshuffle, downscale_factor: 3}",
        ),
        "x[1]",
        "6 k + {1, 2}, from 7",
    ),
    Asked(
        one("{type: Conv2d, out_channels: 8, kernel_size: 4, stride: 4}", "{type: Reshape, shape: [8, 64]}"),
        "x[1]",
        "only 32-35",
    ),
    Asked(one("{type: LearnedPositionalEncoding, max_len: 49}", shape="[49, 8]"), "x[0]", "only 1-49"),
    Asked(one("Flatten", "{type: Linear, in_features: 4096, out_features: 2}"), "x[1]", "only 32"),
    Asked(
        one(
            "{type: MaxPool2d, kernel_size: 2}",
            "Flatten",
            "{type: Linear, in_features: 1024, out_features: 2}",
        ),
        "x[2]",
        "only 32-33",
    ),
    Asked(
        one("{type: Conv1d, out_channels: 6, kernel_size: 5, dilation: 3}", shape="[2, 40]"),
        "x[1]",
        "all from 13",
    ),
    Asked(
        one(
            "{type: Linear, out_features: =width}",
            "{type: MultiheadAttention, num_heads: 12}",
            "{type: GroupNorm, num_groups: 1}",
            shape="[5, 8]",
            variables="{width: 24}",
        ),
        "width",
        "multiples of 12, from 12",
    ),
    Asked(
        one(
            "{type: Residual, body: [{type: Conv2d, out_channels: 4, kernel_size: 3, stride: 2, padding: 1},"
            " {type: ConvTranspose2d, out_channels: 4, kernel_size: 3, stride: 2, padding: 1}]}",
            shape="[4, 33, 33]",
        ),
        "x[2]",
        "2 k + 1, from 3; and 1-2",
    ),
    Asked(
        one(
            "{type: Linear, out_features: 24}",
            "{type: MultiheadAttention, num_heads: =heads}",
            shape="[5, 8]",
            variables="{heads: 4}",
        ),
        "heads",
        "only 1-4,6,8,12,24",
    ),
    Asked(
        one("{type: Conv2d, out_channels: 2, kernel_size: 3, dilation: =d}", variables="{d: 1}"),
        "d",
        "only 1-15",
    ),
    Asked(
        one(
            "{type: Conv1d, out_channels: 2, kernel_size: 2, stride: 2}",
            "{type: Upsample, scale_factor: 3}",
            "{type: MaxPool1d, kernel_size: 4}",
            "{type: Unflatten, dim: 2, unflattened_size: [5, -1]}",
            shape="[2, 14]",
        ),
        "x[1]",
        "40 k + {0-3,14-15,28-29}, from 14",
    ),
    Asked(one("{type: AdaptiveAvgPool2d, output_size: 7}", "{type: Upsample, size: [9, 5]}"), "x[1]", "all"),
    Asked(
        one("{type: Unflatten, dim: 2, unflattened_size: [7, -1]}", shape="[4, 21]"),
        "x[1]",
        "multiples of 7, from 7",
    ),
]


def is_network(thing: "Varied", value: int) -> bool:
    """Whether a plain trace takes the value."""
    try:
        thing.traced(value)
    except SpecError:
        return False
    return True


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.valid)
def test_every_size_up_to_300(asked: Asked) -> None:
    thing = varied(GivenNetwork(loads(asked.spec)), asked.name)
    found = valid_sizes(thing)
    assert found.read_off
    assert sizes_text(found) == asked.valid
    traced = [value for value in range(1, LARGEST + 1) if is_network(thing, value)]
    assert [value for value in range(1, LARGEST + 1) if value in found] == traced
    assert found.smallest == traced[0]
    for reason in found.refused:
        assert not is_network(thing, reason.values[0])


@pytest.mark.parametrize("name", drawn(names(), samples(6)))
def test_sizes_of_shipped_specs(name: str) -> None:
    for thing in drawn(input_axes(GivenNetwork(load(name))), 2):
        found = valid_sizes(thing)
        assert found.read_off, (name, f"{thing}")
        assert thing.start is not None
        assert thing.start in found
        for value in drawn(range(1, LARGEST + 1), 3):
            assert is_network(thing, value) == (value in found), (name, f"{thing}", value)


def test_what_cannot_be_read_off_is_seen_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archcalc.solving.valid_sizes.MAX_ANSWERS", 20)
    spec = one("{type: Linear, out_features: =n, repeat: =n}", shape="[3]", variables="{n: 2}")
    found = valid_sizes(varied(GivenNetwork(loads(spec)), "n"))
    assert not found.read_off
    assert sizes_text(found) == f"all (seen up to {found.looked_at})"
    assert found.looked_at == 20


def test_of_networks_that_take_long_a_few_are_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value of a depth is another network: a hundred EfficientNets took half a minute."""
    asked: list[object] = []

    def counted(*given: object) -> "Trace":
        asked.append(given)
        return walked(*given)  # type: ignore[arg-type]  # as they were given

    walked = trace
    monkeypatch.setattr("archcalc.solving.asking.trace", counted)
    depth = varied(GivenNetwork(load("efficientnet_b0")), "depth")
    found = valid_sizes(depth)
    assert found.looked_at == len(asked) < 15
    assert sizes_text(found) == f"all (seen up to {len(asked)})"
    asked.clear()
    wanted = solution(depth, wants(["params=100M"]), range(1, 4097))
    assert len(asked) < 35
    assert wanted.rows


def test_the_largest_value_that_is_no_refused_one_is_looked_for_between_two() -> None:
    """Of levels of the TCN 57 dilate beyond any tensor: to go on from 64 was to miss all from 33 to 56."""
    levels = varied(GivenNetwork(load("tcn")), "levels")
    found = solution(levels, wants(["macs<=1G"]), range(1, 4097))
    assert is_network(levels, 56)
    assert not is_network(levels, 57)
    assert [(row.value, row.what) for row in found.rows] == [(56, "has it, nearest to the limit")]


def test_where_the_search_stopped_early_the_nearest_is_that_of_those_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("archcalc.solving.searching.FEWEST", 2)
    monkeypatch.setattr("archcalc.solving.searching.MAX_EFFORT", 1)
    levels = varied(GivenNetwork(load("tcn")), "levels")
    (row,) = solution(levels, wants(["macs<=1G"]), range(1, 4097)).rows
    assert row.value < 56
    assert row.what == "has it, nearest to the limit of those tried"


def test_why_values_are_refused_is_traced_once_for_those_refused_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    traced: list[object] = []

    def counted(thing: Varied, value: int) -> "Trace":
        traced.append(value)
        return trace_of(thing, value)

    trace_of = Varied.traced
    monkeypatch.setattr(Varied, "traced", counted)
    found = valid_sizes(varied(GivenNetwork(load("unet")), "image[1]"))
    assert [(each.values[0], len(each.values)) for each in found.refused] == [(1, 124), (5, 15), (140, 48)]
    assert len(traced) < 8


def test_a_network_whose_inputs_have_no_axes_has_no_sizes_to_ask_for() -> None:
    network = loads("inputs: {x: []}\nlayers: [{type: Add, from: [x, x]}]\n")
    with pytest.raises(Fault, match="there is no size to ask for: x has no axes"):
        input_sizes(network)
