"""Lists, mappings, aliases and merge keys as plain data."""

from typing import cast

import pytest
import yaml

from archcalc.source import parse


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 1\nb:\n- x\n-\n  - y\n", {"a": 1, "b": ["x", ["y"]]}),
        ("0: a\n1.5: b\ntrue: c\n0x1F: d\n", {"0": "a", "1.5": "b", "true": "c", "0x1F": "d"}),
        ("'0': a\n00: b\n", {"0": "a", "00": "b"}),
        ("? a\n? b\n", {"a": None, "b": None}),
        ("&k a: &v 1\nb: *k\n*v : *v\n", {"a": 1, "b": "a", "1": 1}),
        ("- &k 5\n- {*k : 1}\n", [5, {"5": 1}]),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("--- 3\n...\n", 3),
        ("---\n", None),
        ("\ufeffa: 1\n", {"a": 1}),
        ("a: 1 - b]\n", {"a": "1 - b]"}),
        ("'<<': 1\n", {"<<": 1}),
        ("a: x%y\n %z\n", {"a": "x%y %z"}),
    ],
)
def test_data(text: str, data: object) -> None:
    assert repr(parse(text, "f").data) == repr(data)


MERGES = [
    "- &a {x: 1, y: 2}\n- {<<: *a, y: 3}\n- {y: 3, <<: *a}\n",
    "- &a {x: 1, y: 2}\n- &b {y: 3, z: 4}\n- {<<: [*a, *b], w: 5}\n- {<<: [*b, *a]}\n",
    "- &a {x: 1}\n- &b {<<: *a, y: 2}\n- {<<: *b, x: 3}\n- *b\n",
    "- {<<: {x: 1}, y: 2}\n- {<<: [{x: 1}, {x: 2}]}\n- {<<: []}\n",
    "a: &a\n  - {b: [1, &c {d: 2}]}\ne: *c\nf: {<<: *c}\ng: *a\n",
]


@pytest.mark.parametrize("text", MERGES)
def test_merge_keys_are_those_of_pyyaml(text: str) -> None:
    assert parse(text, "f").data == yaml.safe_load(text)


def test_aliases_are_shared_objects() -> None:
    data = cast("dict[str, object]", parse("a: &a [1]\nb: *a\nc: {<<: {d: *a}}\n", "f").data)
    assert data["a"] is data["b"]
    assert cast("dict[str, object]", data["c"])["d"] is data["a"]
