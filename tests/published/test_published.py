"""Published networks: their own numbers come out, tables are printed, and no rule finds a mistake in them."""

from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcalc import load, params, trace
from archcalc.analyses.compute import macs
from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection
from tests.cli.running import run
from tests.published.figures import BY_HAND, FIGURES
from tests.published.modules import MODULES, TORCHVISION, UNCALLED, build, half_flops
from tests.zoo.torchvision_models import models

if TYPE_CHECKING:
    from archcalc.facts import Shape
    from archcalc.tracing import Trace

    Capsys = pytest.CaptureFixture[str]

FOLDER = Path(__file__).parent
SPECS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
DEFAULT = Selection().active()
UNITS = {"K": 10**3, "M": 10**6}
FROZEN_NORMS = {"retinanet_resnet50_fpn": 53_120}
"""Scales and shifts of norms that torchvision keeps as buffers in a backbone that has been trained."""
DIFFERENT = {"wav2vec2_base": 640}
"""The lengths of its weight-normed kernel: one per output channel here, one per tap (768 and 128) there."""
FUSED = ("opt_125m", "segformer_b0", "wav2vec2_base", "gat_ppi", "deit_tiny_distilled")
"""Tensors of another form: q, k and v in one, an axis of size 1, lengths as above."""


@cache
def network(name: str) -> "Trace":
    """The trace of a spec here."""
    return trace(load(str(FOLDER / f"{name}.yaml")))


def text_of(name: str) -> str:
    """Its text."""
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def own_shapes(name: str) -> "list[Shape]":
    """Shapes of its distinct weights, sorted."""
    layers = network(name).layers
    return sorted(s for each in layers for key, s in each.facts.weights.items() if key not in each.tied)


def test_each_has_a_number_from_elsewhere() -> None:
    assert sorted([*MODULES, *FIGURES, *BY_HAND]) == SPECS


@pytest.mark.parametrize("name", SPECS)
def test_nothing_is_found(name: str) -> None:
    checked = check_text(text_of(name), f"{name}.yaml", DEFAULT)
    assert [(each.code, each.subject, each.message) for each in checked.findings] == []


@pytest.mark.parametrize("name", SPECS)
def test_what_is_passed_over_is_as_published(name: str) -> None:
    lines = [line for line in text_of(name).splitlines() if "ignore" in line]
    assert all("as published" in line for line in lines)


@pytest.mark.parametrize("name", SPECS)
def test_its_first_line_names_the_paper(name: str) -> None:
    first = text_of(name).splitlines()[0]
    assert first.startswith("# ")
    assert any(str(year) in first for year in range(1990, 2027))


@pytest.mark.parametrize("name", SPECS)
def test_shapes_are_printed(name: str, capsys: "Capsys") -> None:
    ran = run(capsys, "shapes", str(FOLDER / f"{name}.yaml"), "--depth", "1")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("name", FIGURES)
def test_params_are_those_of_the_paper(name: str) -> None:
    figure = FIGURES[name]
    counted = params(network(name)).params + figure.beside
    number, unit = figure.published.replace(",", ""), figure.published[-1]
    if unit not in UNITS:
        assert counted == int(number)
    else:
        places = len(number[:-1].partition(".")[2])
        assert f"{counted / UNITS[unit]:.{places}f}{unit}" == number


@pytest.mark.parametrize("name", BY_HAND)
def test_params_are_those_of_its_sizes(name: str) -> None:
    assert params(network(name)).params == BY_HAND[name]


@pytest.mark.parametrize("name", MODULES)
def test_tensors_are_those_of_the_module(name: str) -> None:
    theirs = sorted(tuple(each.shape) for each in build(name).parameters())
    mine = own_shapes(name)
    assert sum(map(prod, mine)) == sum(map(prod, theirs)) + DIFFERENT.get(name, 0)
    if name not in FUSED:
        assert mine == theirs


@pytest.mark.parametrize("name", [name for name in MODULES if name not in UNCALLED])
def test_macs_are_half_of_what_torch_counts(name: str) -> None:
    traced = network(name)
    assert macs(traced)[0] == half_flops(name, traced.inputs.values())


@pytest.mark.parametrize(("name", "theirs"), TORCHVISION.items())
def test_numbers_are_those_that_torchvision_publishes(name: str, theirs: str) -> None:
    published = models().get_model_weights(theirs).DEFAULT.meta
    traced = network(name)
    assert params(traced).params == published["num_params"] + FROZEN_NORMS.get(name, 0)
    assert f"{macs(traced)[0] / 10**9:.3f}" == f"{published['_ops']:.3f}"
