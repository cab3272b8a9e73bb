"""Pools whose reads are drawn or follow the data: the stated hull is the union of what can happen."""

from typing import TYPE_CHECKING, cast

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc.facts import Tensor
from archcalc.layers.registry import kind
from tests.kinds.dependence import NOISE
from tests.kinds.stated_reads import positions

if TYPE_CHECKING:
    from collections.abc import Callable

DRAWS = 97
"""Values of torch's random number, evenly spread over [0, 1)."""


def places(values: torch.Tensor) -> set[int]:
    """Indices of the numbers that are not 0."""
    return {at for at, value in enumerate(values) if abs(float(value)) > NOISE}


@given(kernel=st.integers(1, 4), outputs=st.integers(1, 7), spare=st.integers(0, 9))
@settings(deadline=None, print_blob=True)
def test_fractional_pools_read_what_some_draw_reads(kernel: int, outputs: int, spare: int) -> None:
    n = outputs + kernel - 1 + spare
    written = {"kernel_size": (1, kernel), "output_size": (1, outputs)}
    stated = kind("FractionalMaxPool2d").model_validate(written).infer((Tensor((1, 1, n)),))
    read = stated.reads[0][2]
    draws = (torch.arange(DRAWS, dtype=torch.float64) / DRAWS).repeat_interleave(n)
    layer = nn.FractionalMaxPool2d(
        (1, kernel), (1, outputs), _random_samples=draws[:, None, None].repeat(1, 1, 2)
    )
    probes = torch.eye(n, dtype=torch.float64).repeat(DRAWS, 1).reshape(-1, 1, 1, n)
    shows = cast("torch.Tensor", layer(probes)).reshape(DRAWS, n, outputs)
    for unit in range(outputs):
        seen = places(shows[:, :, unit].amax(0))
        assert seen == positions(read, (0, 0, unit), n)
        assert read.sampled or all(len(places(row)) == len(seen) for row in shows[:, :, unit])


@given(
    kernel=st.integers(1, 4),
    stride=st.integers(1, 5),
    padding=st.integers(0, 2),
    n=st.integers(4, 12),
    data=st.data(),
)
@settings(deadline=None, print_blob=True)
def test_unpooled_places_read_the_windows_that_hold_them(
    kernel: int, stride: int, padding: int, n: int, data: st.DataObject
) -> None:
    """A place with the largest number is chosen by every window that holds it, and by no other one."""
    place = data.draw(st.integers(0, n - 1))
    padding = min(padding, kernel // 2)
    image = torch.zeros(1, 1, n, dtype=torch.float64)
    image[0, 0, place] = 1
    pool = cast(
        "Callable[..., tuple[torch.Tensor, torch.Tensor]]",
        nn.MaxPool1d(kernel, stride, padding, return_indices=True),
    )
    values, indices = pool(image)
    values = values.detach().requires_grad_()
    nn.MaxUnpool1d(kernel, stride, padding)(values, indices, (n,))[0, 0, place].backward()
    written = {"kernel_size": kernel, "stride": stride, "padding": padding, "output_size": n}
    tensors = (Tensor((1, values.shape[2])), Tensor((1, values.shape[2]), "int64"))
    stated = kind("MaxUnpool1d").model_validate(written).infer(tensors)
    assert values.grad is not None
    for reads in stated.reads:
        assert places(values.grad[0, 0]) == positions(reads[1], (0, place), values.shape[2])
