"""For people: the text of a program is short, and traced it is the same graph."""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from archcalc.importing.program import Read
from archcalc.importing.structure import structured
from archcalc.importing.structure.arguments import Arguments
from archcalc.loading import load
from archcalc.tracing import trace
from archcalc.writing import write
from tests.importing.structure.programs import program_of
from tests.importing.structure.sameness import as_graph
from tests.test_speed import calls

LINES = {
    "resnet50": 20,
    "gpt2": 20,
    "swin_t": 30,
    "bert_base": 30,
    "inception_v3": 30,
    "t5_small": 135,
    "resnet20_cifar": 45,
}
"""Shipped spec -> lines that its text may take, from its layers alone."""


@pytest.mark.parametrize("name", LINES)
def test_a_shipped_spec_is_the_same_graph_in_few_lines(name: str) -> None:
    """Names of weights, arguments, shapes, MACs, wiring, ties and outputs; the order may be another one."""
    wanted = trace(load(name))
    model = load(structured(program_of(wanted), readable=True).data)
    assert as_graph(trace(model)) == as_graph(wanted)
    assert write(model).count("\n") <= LINES[name]


SHIPPED = {
    "resnet50": {"Bottleneck"},
    "mobilenet_v2": {"Conv2dNormActivation", "InvertedResidual"},
    "gpt2": {"GPT2Block"},
    "vit_b_16": {"ViTBlock"},
    "densenet121": {"DenseLayer", "Transition"},
    "deeplabv3_resnet50": {"Bottleneck", "ASPP"},
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_blocks_are_recognised_from_their_layers_alone(name: str) -> None:
    """The classes say nothing here: every scope is one of a class that no block is called after."""
    net = program_of(trace(load(name)))
    unknown = replace(net, classes={scope: f"Own{kind}" for scope, kind in net.classes.items()})
    data = structured(unknown, readable=True).data
    assert {entry["type"] for entry in entries(data["layers"])} >= SHIPPED[name]
    assert "blocks" not in data


def entries(value: object) -> Iterator[dict[str, object]]:
    """The entries in lists of layers."""
    if isinstance(value, dict):
        entry = cast("dict[str, object]", value)
        if "type" in entry:
            yield entry
        for each in entry.values():
            yield from entries(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from entries(each)


def test_a_scope_that_is_nearly_a_shipped_block_is_none() -> None:
    """Of sixteen Bottlenecks one has another kernel: it alone, and no other, has layers of its own."""
    net = program_of(trace(load("resnet50")))
    at = next(n for n, step in enumerate(net.steps) if step.scope == ("layer3", "2") and step.name == "conv2")
    changed = replace(net.steps[at], arguments={**net.steps[at].arguments, "kernel_size": 5, "padding": 2})
    net = replace(net, steps=(*net.steps[:at], changed, *net.steps[at + 1 :]))
    flat, found = (structured(net, readable=readable).data for readable in (False, True))
    assert as_graph(trace(load(found))) == as_graph(trace(load(flat)))
    kernels = [entry["kernel_size"] for entry in entries(found["layers"]) if entry.get("name") == "conv2"]
    assert kernels == [5]


def test_a_block_that_would_be_another_network_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """With values of arguments mixed up the text is another network, which the trace shows."""
    net = program_of(trace(load("resnet20_cifar")))
    flat = structured(net, readable=False).data
    blocks = structured(net, readable=True).data["blocks"]
    assert isinstance(blocks, dict)
    assert list(cast("dict[str, object]", blocks)) == ["basic"]
    express = Arguments.text

    def mixed(self: Arguments, key: str, values: tuple[object, ...], *others: object) -> str:
        swapped = values[::-1] if key == "out_channels" else values
        return express(self, key, swapped, *others)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  handed on

    monkeypatch.setattr(Arguments, "text", mixed)
    found = structured(net, readable=True).data
    assert "blocks" not in found
    assert as_graph(trace(load(found))) == as_graph(trace(load(flat)))


def test_many_layers_are_structured_in_linear_time() -> None:
    """Six more copies take not much more Python calls than three times two more."""
    net = program_of(trace(load("resnet20_cifar")))

    def taken(copies: int) -> int:
        steps = [
            replace(step, scope=(f"part{copy}", *step.scope), reads=_moved(step.reads, copy, len(net.steps)))
            for copy in range(copies)
            for step in net.steps[1:-3]
        ]
        whole = replace(net, steps=tuple(steps), outputs=(Read(len(steps) - 1),), classes={}, shapes=())
        return calls(lambda: structured(whole, readable=False))

    taken(1)
    two, four, ten = taken(2), taken(4), taken(10)
    assert 3 * (four - two) * 0.9 < ten - four < 3 * (four - two) * 1.1


def _moved(reads: tuple[Read, ...], copy: int, steps: int) -> tuple[Read, ...]:
    """What the layers of a copy read: the copy before instead of the network's first layer."""
    size = steps - 4
    return tuple(
        Read(None, "image") if read.step == 0 and copy == 0 else Read((read.step or 0) - 1 + copy * size)
        for read in reads
    )
