"""What every shipped spec has: a paper, a sentence on what it shows, and a trace without findings."""

import pytest

from archcalc import zoo
from archcalc.loading import load
from tests.zoo.comparison import traced


@pytest.mark.parametrize("entry", zoo.shipped_specs(), ids=lambda entry: entry.name)
def test_every_spec_says_what_it_is(entry: zoo.ShippedSpec) -> None:
    assert any(year in entry.title for year in map(str, range(1980, 2027)))
    assert entry.shows.startswith("Shows ")
    assert load(entry.name).spec.name == entry.name


@pytest.mark.parametrize("name", zoo.names())
def test_every_spec_traces_without_findings(name: str) -> None:
    assert not traced(name).findings


@pytest.mark.parametrize("name", ["resnet50", "resnet152", "densenet121", "darknet53", "inception_v3"])
def test_deep_networks_are_short(name: str) -> None:
    path = zoo.path_of(name)
    assert path is not None
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 50
