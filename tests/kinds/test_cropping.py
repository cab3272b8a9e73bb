"""Centre crops: what is kept, against an index count and torchvision; a second input gives only its shape."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import coverage, load, loads, receptive_fields, trace
from archcalc.formulas.windows import crop_start
from tests.zoo.torchvision_models import models

if TYPE_CHECKING:
    from collections.abc import Callable


@given(n=st.integers(1, 60), data=st.data())
def test_the_odd_position_is_cut_behind(n: int, data: st.DataObject) -> None:
    m = data.draw(st.integers(1, n))
    start = crop_start(n, m)
    before, behind = len(range(start)), len(range(start + m, n))
    assert before + m + behind == n
    assert behind - before in (0, 1)


@given(n=st.integers(1, 30), data=st.data())
@settings(deadline=None)
def test_torchvision_keeps_the_same_positions_where_the_cut_is_even(n: int, data: st.DataObject) -> None:
    """An odd cut it rounds half to even: the odd position is now before, now behind."""
    m = data.draw(st.integers(1, n).filter(lambda m: (n - m) % 2 == 0))
    models()  # torchvision needs help to be imported
    functional = import_module("torchvision.transforms.functional")
    center_crop = cast("Callable[[torch.Tensor, list[int]], torch.Tensor]", functional.center_crop)
    image = torch.arange(n).repeat(1, n, 1)
    kept = center_crop(image, [m, m])[0, 0]
    assert torch.equal(kept, torch.arange(crop_start(n, m), crop_start(n, m) + m))


UNET = """\
inputs: {x: [1, 20]}
layers:
  - {type: Conv1d, name: down, out_channels: 2, kernel_size: 3}
  - {type: Conv1d, name: deep, out_channels: 2, kernel_size: 5, padding: 1}
  - {type: Conv1d, name: deeper, out_channels: 2, kernel_size: 5}
  - {type: Crop, name: cut, from: [down, deeper]}
%s
"""


def test_the_input_that_gives_only_its_shape_is_not_in_the_field() -> None:
    traced = trace(loads(UNET % ""))
    (field,) = receptive_fields(traced).layers["cut"]
    assert (field.axes[0].size, field.axes[0].start, field.exact) == (3, 3, True)
    reads = coverage(traced, "cut", 1)["x", 1]
    assert reads is not None
    assert (reads.start, reads.counts) == (3, (1, 1, 1))


@pytest.mark.parametrize(
    ("more", "findings"),
    [
        ("", ["deeper (Conv1d)"]),
        ("  - {type: Concat, from: [cut, deeper]}", []),
        ("outputs: [cut, deeper]", []),
    ],
)
def test_an_output_of_which_only_the_shape_is_used_is_a_finding(more: str, findings: list[str]) -> None:
    found = trace(loads(UNET % more)).findings
    assert [problem.subject for problem in found] == findings
    assert all("but for the shape" in problem.what for problem in found)


def test_an_input_of_the_network_may_give_a_size_alone() -> None:
    layers = [{"type": "Crop", "from": ["x", "like"]}]
    traced = trace(load({"inputs": {"x": [1, 9], "like": [4, 6]}, "layers": layers}))
    assert not traced.findings
    assert [field.input for field in receptive_fields(traced).layers["crop_0"]] == ["x"]
