"""Exports of many layers: names and series are found in the time of what they are about, and are the same."""

from random import Random
from typing import TYPE_CHECKING

import pytest

from archcalc import loads, trace
from archcalc.exporting import parameters, unifying
from archcalc.exporting.living import Living
from archcalc.exporting.module import torch_source
from archcalc.exporting.nodes import CallArgument, CallNode, Literal, Text
from tests.samples import samples

if TYPE_CHECKING:
    from archcalc.exporting.nodes import Node

HEAD = "inputs: {x: [4]}\nlayers:\n"


@pytest.mark.parametrize("seed", range(samples(60)))
def test_names_are_those_that_all_values_one_by_one_say(seed: int) -> None:
    random = Random(seed)  # noqa: S311  nothing is kept secret with it
    living, given = Living(), list[tuple[str, int]]()
    for step in range(60):
        names = random.sample(["x", "out", "y", "z", "y1", "y2", "y3", "y9"], 4)
        live = {name for name, last in given if last > step}
        ended = dict.fromkeys(name for name, last in given if last <= step and name in names)
        order = [name for name in dict.fromkeys(name for name, _ in given) if name in ended]
        assert living.ended(names, step) == order
        assert [living.lives(name, step) for name in names] == [name in live for name in names]
        taken = {f"y{random.randrange(1, 9)}"}
        number = next(i for i in range(1, 99) if f"y{i}" not in live | taken)
        told = living.number(step, lambda name: name in taken or living.lives(name, step))  # noqa: B023  called at once
        assert told == f"y{number}"
        for name in random.sample([told, told, *names], random.randrange(3)):
            last = step + random.randrange(-1, 9)
            given.append((name, last))
            living.give(name, last)


def items(numbers: "list[int]") -> "list[Node]":
    return [CallNode(Text("f"), (CallArgument(Literal(number, "k"), None, ...),)) for number in numbers]


@pytest.mark.parametrize("seed", range(samples(90)))
def test_series_are_those_that_trying_every_size_gives(seed: int) -> None:
    random = Random(seed)  # noqa: S311  nothing is kept secret with it
    numbers = [random.randrange(2)]
    while len(numbers) < 40:
        step = random.choice((0, 0, 1, 5))
        numbers += [numbers[-1] + step * (turn + 1) for turn in range(random.randrange(1, 9))]
    nodes, at = items(numbers), 0
    for series in unifying.in_series(nodes):
        size, tried = 1, 2
        while at + tried <= len(nodes) and (
            unifying._progression(nodes[at : at + tried]) is not None or tried == 2  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  the definition
        ):
            size = tried if tried > 2 or numbers[at] == numbers[at + 1] else size
            tried += 1
        whole = unifying._progression(nodes[at : at + size]) if size > 1 else nodes[at]  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        assert getattr(series, "item", series) == whole
        at += size
    assert at == len(nodes)


def test_layers_that_are_alike_are_looked_at_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    really = unifying.common_code

    def counted(nodes: "list[Node]") -> "Node | None":
        looked.append(len(nodes))
        return really(nodes)

    monkeypatch.setattr(unifying, "common_code", counted)
    text = "inputs: {x: [4]}\nlayers: [{type: Linear, out_features: 4, repeat: 600}]\n"
    assert "range(600)" in torch_source(trace(loads(text, "f.yaml")))
    assert 0 < sum(looked) < 100 * 600


def test_the_names_of_values_are_not_gone_through_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    really = Living.lives

    def counted(living: Living, name: str, step: int) -> bool:
        asked.append(name)
        return really(living, name, step)

    monkeypatch.setattr(Living, "lives", counted)
    fan = "- {type: Branches, merge: Concat, branches: [" + ", ".join(["[ReLU]"] * 300) + "]}\n"
    source = torch_source(trace(loads(HEAD + fan, "f.yaml")))
    assert "y290 = " in source
    assert 0 < len(asked) < 20 * 300


def test_what_uses_leave_out_is_found_once_for_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    really = unifying.same

    def counted(one: object, other: object) -> bool:
        looked.append(one)
        return really(one, other)

    monkeypatch.setattr(parameters, "same", counted)
    found: list[int] = []
    for turns in (20, 40):
        looked.clear()
        block = (
            f"{{type: BasicBlock, width: =8 if i == 0 else 16, stride: =2 if i == 0 else 1, repeat: {turns}}}"
        )
        torch_source(trace(loads(f"inputs: {{x: [8, 8, 8]}}\nlayers: [{block}]\n")))
        found.append(len(looked))
    assert 0 < found[1] < 3 * found[0]
