"""Groups of dilated layers beside others, and the path that sees least: on networks written for the case."""

import pytest

from archcalc import dilation_groups, load, trace
from archcalc.analyses.gridding import beside_others, is_filled
from archcalc.analyses.smallest_field import smallest_fields

Layer = dict[str, object]
DILATED: Layer = {"type": "Conv1d", "out_channels": 1, "kernel_size": 3, "dilation": 2}


def network(*layers: Layer) -> dict[str, object]:
    """A spec on one axis of 64 positions."""
    return {"inputs": {"x": [1, 64]}, "layers": list(layers)}


@pytest.mark.parametrize(
    ("before", "groups"),
    [
        ({"type": "ZeroPad1d", "padding": 2}, 1),
        ({"type": "ReplicationPad1d", "padding": [4, 0]}, 1),
        ({"type": "ReflectionPad1d", "padding": [0, 4]}, 1),
        ({"type": "ReLU"}, 2),
        ({"type": "Slice", "dim": 1, "start": 1}, 2),
        ({"type": "Conv1d", "out_channels": 1, "kernel_size": 1, "padding": 2}, 2),
        ({"type": "Upsample", "scale_factor": 2}, 2),
    ],
)
def test_a_rim_alone_makes_no_other_group(before: Layer, groups: int) -> None:
    """The same window over the same units is one mistake, whatever is put around them; else there are two."""
    between = {**before, "name": "between", "from": "x"}
    traced = trace(load(network({**DILATED, "from": "x"}, between, DILATED)))
    assert len(list(beside_others(traced, dilation_groups(traced)))) == groups


HOLES: Layer = {**DILATED, "name": "a", "from": "x", "padding": 2}
BESIDE: Layer = {
    "type": "Conv1d",
    "name": "b",
    "from": "x",
    "out_channels": 1,
    "kernel_size": 5,
    "padding": 2,
}
STRIDED: Layer = {"type": "Conv1d", "out_channels": 1, "kernel_size": 1, "stride": 2}
MEAN: Layer = {"type": "LayerNorm", "from": "x", "normalized_shape": [1, 64]}
SUM: Layer = {"type": "Add", "from": ["a", "b"]}
FILLED: "dict[str, list[Layer]]" = {
    "branch": [BESIDE, SUM],
    "branch and a mean": [BESIDE, {**MEAN, "name": "m"}, {**SUM, "from": ["a", "b", "m"]}],
    "branch and a matrix": [
        BESIDE,
        {"type": "Linear", "name": "m", "from": "x", "out_features": 64},
        {**SUM, "from": ["a", "b", "m"]},
    ],
    "reader of all": [BESIDE, SUM, {"type": "Linear", "out_features": 1, "from": "a"}],
}
HOLED: "dict[str, list[Layer]]" = {
    "nothing": [],
    "branch that holds itself apart": [BESIDE],
    "branch with the same holes": [{**BESIDE, "kernel_size": 3, "dilation": 2}, SUM],
    "another reader": [BESIDE, SUM, {"type": "ReLU", "from": "a"}],
    "reader with a stride": [BESIDE, SUM, {**STRIDED, "from": "a"}],
    "branch with a stride": [
        {**STRIDED, "name": "c", "from": "a"},
        {**BESIDE, "stride": 2},
        {**SUM, "from": ["c", "b"]},
    ],
    "mean alone": [{**MEAN, "name": "b"}, SUM],
}


@pytest.mark.parametrize("case", [*FILLED, *HOLED])
def test_branches_of_stride_1_fill_what_all_units_behind_them_read(case: str) -> None:
    """What reads the whole axis takes no place away and fills none."""
    traced = trace(load(network(HOLES, *(FILLED | HOLED)[case])))
    group = next(found for found in dilation_groups(traced) if found.layers == ("a",))
    assert not group.full
    assert is_filled(traced, group, {}) == (case in FILLED)


def test_the_least_field_behind_upsampling_is_that_of_the_phase_that_reads_least() -> None:
    """Units 2 q and 2 q + 1 are copies of one: a kernel of 2 meets one input position, or two."""
    pair: Layer = {"type": "Conv1d", "name": "pair", "out_channels": 1, "kernel_size": 2}
    fields = smallest_fields(trace(load(network({"type": "Upsample", "scale_factor": 2}, pair))))
    assert (fields["pair", "output"]["x", 1].least, fields["pair", "output"]["x", 1].size) == (1, 2)


def test_what_sees_all_or_all_of_the_past_has_no_least_field() -> None:
    spec = {"inputs": {"x": [9, 4]}, "layers": [{"type": "LSTM", "name": "past", "hidden_size": 4}]}
    fields = smallest_fields(trace(load(spec)))
    assert set(fields["x", "output"]) == {("x", 0), ("x", 1)}
    assert not fields["past", "output"]
