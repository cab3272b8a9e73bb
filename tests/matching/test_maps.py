"""``--map``: what a name of theirs is in the spec."""

import pytest

from archcalc.errors import Fault
from archcalc.matching.maps import name_in_spec, name_map


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("features.{i}=conv{i}", "features.12.weight", "conv12.weight"),
        ("features.{i}=conv{i}", "features.12", "conv12"),
        ("features.{i}=conv{i}", "features", None),
        ("features.{i}=conv{i}", "my.features.1.weight", None),
        ("fc=head", "fc.weight", "head.weight"),
        ("fc=head", "fc1.weight", None),
        ("a.{x}.b.{y}={y}.{x}", "a.1.b.2.c.weight", "2.1.c.weight"),
        ("layer{i}.{i}=twice.{i}", "layer3.3.weight", "twice.3.weight"),
        ("layer{i}.{i}=twice.{i}", "layer3.4.weight", None),
        ("block_{i}=block.{i}", "block_10.norm.bias", "block.10.norm.bias"),
        ("model=", "model.conv.weight", "conv.weight"),
        ("=model", "conv.weight", "model.conv.weight"),
        ("a+b=c", "a+b.weight", "c.weight"),
        ("a+b=c", "aab.weight", None),
        ("fc.weight=embed", "fc.weight", "embed"),
    ],
)
def test_a_name_in_the_spec(text: str, name: str, expected: str | None) -> None:
    assert name_map(text).renamed(name) == expected


def test_the_first_map_that_is_about_a_name_holds() -> None:
    maps = [name_map("f.0=conv1"), name_map("f.{i}=conv{i}")]
    assert [name_in_spec(name, maps) for name in ("f.0.bias", "f.3.bias", "g.0")] == [
        "conv1.bias",
        "conv3.bias",
        None,
    ]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("features", "'features' is no map of names"),
        ("=", "'=' is no map of names"),
        ("a.{i}=b.{j}", "{j} in 'b.{j}' is not in 'a.{i}'"),
        ("a.{i}=b.{}", "{} in 'b.{}' is not in 'a.{i}'"),
        ("a.{}=b", "'a.{}' needs at most 4 placeholders"),
        ("a.{1}=b", "'a.{1}' needs at most 4 placeholders"),
        ("{a}{b}=c", "'{a}{b}' needs at most 4 placeholders"),
        ("{a}.{b}.{c}.{d}.{e}=c", "needs at most 4 placeholders"),
        ("a.{i=b", "'a.{i=b' has a brace without its other one"),
        ("a.{i}=b{i:99999999}", "has a brace without its other one"),
        ("a.{i}=b{i.__class__}", "has a brace without its other one"),
    ],
)
def test_what_is_no_map_is_told(text: str, fact: str) -> None:
    with pytest.raises(Fault) as caught:
        name_map(text)
    assert fact in caught.value.fact
    assert "features.{i}=conv{i}" in caught.value.hint
