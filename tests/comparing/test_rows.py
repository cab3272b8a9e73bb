"""Many networks: rows, their order, and which no other one beats."""

import re
from itertools import product
from pathlib import Path
from random import Random

import pytest

import archcalc
from archcalc.errors import Fault
from archcalc.quantities.table import QUANTITIES
from tests.cli.running import run

NETWORKS = ("resnet18", "resnet34", "mobilenet_v2", "squeezenet1_1", "vgg11", "alexnet", "lenet5")


def test_depth_is_the_one_in_the_name() -> None:
    found = archcalc.compare("resnet18", "resnet34", "resnet50", "vgg11", "vgg16", "vgg19")
    assert [row.values["depth"] for row in found.networks] == [18, 34, 50, 11, 16, 19]


@pytest.mark.parametrize("seed", range(4))
def test_no_other_network_beats_those_that_are_marked(seed: int) -> None:
    random = Random(seed)  # noqa: S311  a test, no secret
    judged = random.sample(["params", "macs", "receptive_field", "memory", "depth"], 3)
    found = archcalc.compare(*NETWORKS, pareto=judged).networks
    signs = [1 if QUANTITIES[name].better == "more" else -1 for name in judged]
    points = [
        [sign * (row.values[name] or 0) for sign, name in zip(signs, judged, strict=True)] for row in found
    ]
    beaten = {
        at
        for (at, mine), other in product(enumerate(points), points)
        if other != mine and all(its >= own for its, own in zip(other, mine, strict=True))
    }
    assert {at for at, row in enumerate(found) if not row.best} == beaten, (seed, judged)


def test_deep_and_fat_have_as_many_parameters() -> None:
    folder = Path(archcalc.__file__).parent.parent / "docs" / "deep_and_fat"
    deep, fat = (row.values for row in archcalc.compare(folder / "deep.yaml", folder / "fat.yaml").networks)
    assert abs((deep["params"] or 0) / (fat["params"] or 1) - 1) < 0.01
    assert (deep["depth"], fat["depth"]) == (56, 14)


def test_the_field_before_a_pool_is_told() -> None:
    """Published ones of convolutions (Araujo et al. 2019); a patch of ViT; a network without a pool."""
    found = archcalc.compare("resnet18", "vgg16", "mobilenet_v2", "vit_b_16", "srcnn").networks
    fields = {row.name: (row.values["receptive_field"], row.values["local_field"]) for row in found}
    assert fields["resnet18"] == (224, 435)
    assert fields["vgg16"] == (224, 212)
    assert fields["mobilenet_v2"] == (224, 491)
    assert fields["vit_b_16"] == (224, 16)
    assert fields["srcnn"] == (13, 13)


def test_features_have_no_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("inputs: {x: [8]}\nlayers: [{type: Linear, out_features: 4}]\n")
    told = run(capsys, "compare", str(file)).out
    assert told.startswith("1 network\n")
    assert "none" in told
    assert "unknown" not in told


@pytest.mark.parametrize("width", [44, 60, 80, 100, 132, 160])
def test_no_number_and_no_name_breaks(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    told = run(capsys, "compare", "resnet18", "mobilenet_v2", "lenet5", "--sort", "memory").out
    for name, params in (("resnet18", "11,689,512"), ("mobilenet_v2", "3,504,872"), ("lenet5", "61,706")):
        (line,) = (line for line in told.splitlines() if line.startswith(name))
        assert params in line
        assert "Memory" not in told or re.search(r"\d [KM]iB", line)
        assert len(line) <= width
    assert width > 120 or f"no room in {width} columns for Bar" in " ".join(told.split())


def test_rows_are_sorted() -> None:
    up, down = (archcalc.compare(*NETWORKS, sort=sort).networks for sort in ("macs", "-macs"))
    values = [row.values["macs"] or 0 for row in up]
    assert values == sorted(values)
    assert [row.name for row in down] == [row.name for row in up][::-1]


def test_equal_networks_do_not_beat_one_another() -> None:
    assert [row.best for row in archcalc.compare("lenet5", "lenet5").networks] == [True, True]


def test_wrong_quantities_are_told() -> None:
    with pytest.raises(Fault, match="no quantity 'mac'"):
        archcalc.compare("lenet5", sort="mac")
    with pytest.raises(Fault, match="no quantity 'parms'"):
        archcalc.compare("lenet5", pareto=["parms"])
    with pytest.raises(Fault, match="needs a quantity"):
        archcalc.compare("lenet5", pareto=[])
