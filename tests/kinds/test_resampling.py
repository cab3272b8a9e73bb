"""Where resampled outputs fall: fractions, short periods, and torch's own index sets on many sizes."""

from fractions import Fraction
from typing import cast

import pytest
import torch
from torch import nn

from archcalc.errors import Fault
from archcalc.facts import Facts, Phased, Reach, Tensor, Window
from archcalc.formulas.resampling import written_ratio
from archcalc.layers.registry import kind
from tests.kinds.dependence import NOISE
from tests.kinds.stated_reads import positions


def facts(shape: tuple[int, ...], **arguments: object) -> Facts:
    """What Upsample states."""
    return kind("Upsample").model_validate(arguments).infer((Tensor(shape),))


def reach(n: int, **arguments: object) -> Reach:
    """What a unit of the only position axis reads."""
    return facts((1, n), **arguments).reads[0][1].reach


def test_a_scale_is_the_fraction_that_was_written() -> None:
    for ratio in (
        Fraction(1, 10),
        Fraction(4, 3),
        Fraction(41, 20),
        Fraction(75, 56),
    ):
        assert written_ratio(float(ratio)) == ratio
    assert float(written_ratio(2.718281828459045)) == 2.718281828459045
    assert float(written_ratio(5e-324)) == 5e-324


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"scale_factor": 2}, Phased(1, (range(1), range(1)))),
        ({"scale_factor": 0.1}, Window(1, 10, 0, 1)),
        ({"scale_factor": 2, "mode": "linear"}, Phased(1, (range(-1, 1), range(2)))),
        ({"size": 19, "mode": "linear", "align_corners": True}, Phased(1, (range(1), range(2)))),
        ({"scale_factor": 0.5, "mode": "area"}, Window(2, 2, 0, 1)),
        ({"size": 10}, Window(1, 1, 0, 1)),
    ],
)
def test_reads_of_ten_positions(arguments: dict[str, object], expected: Reach) -> None:
    assert reach(10, **arguments) == expected


SIZES = [(n, m) for n in (1, 2, 3, 5, 7, 8) for m in (1, 2, 3, 4, 7, 9, 15)]
SCALES = (0.3, 0.5, 0.7, 0.9, 1.0, 1.05, 1.1, 1.3, 4 / 3, 1.5, 2.0, 2.05, 2.5, 3.0)


@pytest.mark.parametrize(
    ("mode", "corners"),
    [
        *((mode, None) for mode in ("nearest", "nearest-exact", "area")),
        *((mode, corners) for mode in ("linear", "bilinear", "bicubic") for corners in (None, False, True)),
    ],
)
@pytest.mark.parametrize("scaled", [False, True])
def test_index_sets_are_those_of_torch(mode: str, corners: bool | None, scaled: bool) -> None:  # noqa: FBT001  parameters
    """A 1 alone on the last axis, and every output that shows it, for sizes and for scales."""
    rank = 2 if mode.startswith("bi") else 1
    targets = [(n, s) for n in range(1, 12) for s in SCALES if n * s >= 1] if scaled else SIZES
    for n, target in targets:
        key: dict[str, object] = {"scale_factor": target} if scaled else {"size": int(target)}
        arguments = {**key, "mode": mode, "align_corners": corners}
        stated = facts((2, *[n] * rank), **arguments)
        module = cast("nn.Module", nn.Upsample(**arguments))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        probes = (
            torch.eye(n, dtype=torch.float64).reshape(n, 1, *[1] * (rank - 1), n).expand(n, 2, *[n] * rank)
        )
        shows = module(probes.contiguous()).abs()[(slice(None), 0, *[0] * (rank - 1))]
        assert shows.shape[1] == stated.outputs["output"].shape[-1]
        for unit in range(shows.shape[1]):
            seen = {place for place in range(n) if shows[place, unit] > NOISE}
            assert positions(stated.reads[0][rank], (0,) * rank + (unit,), n) == seen, (n, target, unit)


def test_scales_of_many_digits_are_followed_while_the_outputs_are_few() -> None:
    found = reach(1000, scale_factor=2.718281828459045)
    assert isinstance(found, Phased)
    assert (len(found.phases), found.shift) == (2718, 999)
    with pytest.raises(Fault, match=r"271,828 outputs .* need 271,828 different windows"):
        reach(100_000, scale_factor=2.718281828459045)


@pytest.mark.parametrize("scale", [1e308, 1e-300])
def test_sizes_beyond_measure_are_refused(scale: float) -> None:
    with pytest.raises(Fault, match="times"):
        reach(10, scale_factor=scale)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("n", "scale"), [(5, 1.1), (9, 1.04), (5, 2.05), (20, 2.02), (5, 1.7)])
def test_nearest_positions_where_a_size_stays_or_doubles(n: int, scale: float, axes: int) -> None:
    """Of images torch copies or doubles these axes; of sequences and volumes it follows the scale."""
    ones = (1,) * (axes - 1)
    (stated,) = facts((1, *ones, n), scale_factor=scale).reads
    places = torch.arange(n, dtype=torch.float64).reshape(1, 1, *ones, n)
    found = nn.Upsample(scale_factor=scale)(places).reshape(-1, int(n * scale))[0]
    for unit, position in enumerate(found):
        assert positions(stated[-1], (0,) * axes + (unit,), n) == {int(position)}
