"""Fixes that take a layer out: where they are offered, and that the rest of the network stays as it is."""

import pathlib
from typing import cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.cures.changes import RemoveEntry
from archcalc.rules.context import Context
from archcalc.rules.engine.checking import Applicable, Checked, check_document
from archcalc.rules.engine.fixing import Fixed, fixed
from archcalc.rules.placing import at
from archcalc.rules.selection import Selection
from archcalc.source import Document, Path, parse
from tests.cli.running import run
from tests.samples import samples

DEFAULT = Selection().active()


def mended(text: str) -> Fixed:
    document = parse(text, "a.yaml")
    return fixed(document, check_document(document, DEFAULT), DEFAULT)


HEAD = "inputs: {x: [8, 16]}\nloss: CrossEntropyLoss\nlayers:\n"
CONV = "{type: Conv1d, out_channels: 8, kernel_size: 3}"
NUMBERED = "type: Sequential, numbered: true"
TWICE = f"inputs: {{x: [8, 16]}}\nlayers:\n  - {CONV}\n  - ReLU\n"


def test_everything_is_mended_at_once_and_comments_stay() -> None:
    text = """\
inputs: {image: [3, 16, 16]}
loss: CrossEntropyLoss
layers:
  # stem
  - {type: Conv2d, out_channels: 8, kernel_size: 3}   # first
  - BatchNorm2d
  - ReLU

  - {type: MaxPool2d, kernel_size: 2}   # half
  - ReLU                                # once more
  # head
  - type: Sequential
    layers: [ReLU, {type: Conv2d, out_channels: 10, kernel_size: 7}, Flatten, {type: LogSoftmax, dim: 1}]
"""
    result = mended(text)
    expected = text.replace("kernel_size: 3}", "kernel_size: 3, bias: false}")
    expected = expected.replace("  - ReLU                                # once more\n", "")
    assert result.document.text == expected.replace(", {type: LogSoftmax, dim: 1}", "")
    assert dict(result.fixed) == {"AC301": 1, "AC306": 1, "AC401": 1}
    # The ReLU of the head stands in another list than the one that makes it needless.
    assert [(found.code, found.fixable) for found in result.checked.findings] == [("AC306", False)]
    assert not result.notes


def test_a_block_is_mended_where_every_use_has_the_mistake() -> None:
    text = f"""\
inputs: {{x: [8, 16]}}
blocks:
  unit:
    layers:
      - {CONV}
      - ReLU
      - ReLU  # again
layers:
  - {{type: unit, repeat: 3}}
"""
    assert mended(text).document.text == text.replace("      - ReLU  # again\n", "")


def test_three_in_a_row_become_one() -> None:
    result = mended(f"inputs: {{x: [8, 16]}}\nlayers: [{CONV}, ReLU, ReLU, ReLU]\n")
    assert result.document.text == f"inputs: {{x: [8, 16]}}\nlayers: [{CONV}, ReLU]\n"
    assert dict(result.fixed) == {"AC306": 2}


# a spec with one AC306 or AC401 that is found and not mended
UNFIXED = {
    "its name is read": TWICE + "  - {type: ReLU, name: r}\n  - {type: MaxPool1d, kernel_size: 2, from: r}\n",
    "its name leaves": TWICE + "  - {type: ReLU, name: r}\noutputs: [r]\n",
    "its automatic name is read": TWICE + "  - ReLU\n  - {type: Concat, from: [relu_1, conv1d_0]}\n",
    "it has a budget": TWICE + "  - {type: ReLU, name: r}\nbudgets: {scopes: {r: {params: 0}}}\n",
    "a later one has a budget": TWICE
    + f"  - ReLU\n  - {CONV}\n  - ReLU\nbudgets: {{scopes: {{relu_2: {{params: 0}}}}}}\n",
    "a later automatic name is read": TWICE
    + f"  - {{type: ReLU, name: r}}\n  - {CONV}\n  - ReLU\n  - {{type: Concat, from: [relu_2, conv1d_1]}}\n",
    "names with a star": TWICE
    + "  - ReLU\n  - {type: Tanh, name: s, repeat: 2}\n  - {type: Stack, from: ['s.*'], dim: 0}\n",
    "it is on its own": TWICE + "  - {type: Sequential, layers: [ReLU]}\n",
    "it can be left out": "vars: {on: true}\n" + TWICE + "  - {type: ReLU, when: =on}\n",
    "it is repeated": TWICE + "  - {type: ReLU, repeat: 2}\n",
    "what lies between can be put in": "vars: {deep: false}\n"
    + TWICE
    + f"  - {CONV.replace('}', ', when: =deep}')}\n  - ReLU\n",
    "what lies between depends on a variable": "vars: {p: 0}\n"
    + TWICE.replace("ReLU", "ReLU6")
    + "  - {type: Dropout, p: =p}\n  - ReLU6\n",
    "it reads by name": TWICE
    + "  - {type: MaxPool1d, kernel_size: 1, from: conv1d_0}\n  - {type: ReLU, from: relu_0}\n"
    + "  - {type: Add, from: [maxpool1d_0, conv1d_0]}\n",
    "its weights would go": TWICE + "  - PReLU\n",
    "a comment above is about it": TWICE + "  # archcalc: ignore[AC503] the sum\n  - ReLU\n",
    "numbers are names": "inputs: {x: [8, 16]}\nlayers:\n"
    f"  - {{{NUMBERED}, layers: [{CONV}, ReLU, ReLU, {CONV}]}}\n",
    "what makes it needless rests on others": TWICE
    + "  - {type: LeakyReLU, name: l}\n  - ReLU\n  - {type: MaxPool1d, name: m, kernel_size: 1}\n"
    + "  - {type: Concat, from: [l, m]}\n",
    "a softmax that more read": HEAD
    + f"  - {{type: Sequential, name: head, layers: [{CONV}, {{type: Softmax, dim: 1}}]}}\n"
    + "  - {type: Linear, out_features: 3}\n  - {type: Softmax, name: t, dim: 1}\noutputs: [head, t]\n",
    "a softmin": HEAD + f"  - {CONV}\n  - {{type: Softmin, dim: 1}}\n",
    "what it stands in can be left out": HEAD.replace("inputs", "vars: {probabilities: true}\ninputs")
    + f"  - {CONV}\n"
    + "  - {type: Sequential, when: =probabilities, layers: [Flatten, {type: Softmax, dim: 1}]}\n",
    "another branch is behind": HEAD.replace(
        "layers:", "blocks: {first: {inputs: [a, b], layers: [Identity]}}\nlayers:"
    )
    + f"  - {{type: Branches, branches: [[{CONV}, {{type: Softmax, dim: 1}}], [Tanh]], merge: first}}\n",
    "something may come behind": HEAD.replace("inputs", "vars: {more: false}\ninputs")
    + f"  - {CONV}\n  - {{type: Softmax, dim: 1}}\n  - {{type: Linear, out_features: 3, when: =more}}\n",
}
CODES = {"AC306", "AC401"}


@pytest.mark.parametrize("text", UNFIXED.values(), ids=UNFIXED)
def test_a_layer_on_which_something_rests_is_found_and_stays(text: str) -> None:
    result = mended(text)
    assert result.document.text == text
    found = [found for found in result.checked.findings if found.code in CODES]
    assert found
    assert not any(each.fixable for each in found)
    assert not result.notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "numbered, the last",
            TWICE + f"  - type: Sequential\n    numbered: true\n    layers: [{CONV}, ReLU, ReLU]\n",
        ),
        ("an earlier name is read", TWICE + "  - ReLU\n  - {type: Concat, from: [relu_0, conv1d_0]}\n"),
    ],
)
def test_a_layer_on_which_nothing_rests_goes(name: str, text: str) -> None:
    result = mended(text)
    assert dict(result.fixed) == {"AC306": 1}, name
    assert not [found for found in result.checked.findings if found.code in CODES]


def test_the_command_removes_a_layer_and_tells(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    text = HEAD + f"  - {CONV}\n  - Flatten\n  - {{type: Softmax, dim: 1}}  # probabilities\n"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    ran = run(capsys, "check", "--fix", str(path))
    assert (ran.code, ran.out) == (0, "1 spec checked; 1 fixed: no findings\n")
    assert path.read_bytes() == (HEAD + f"  - {CONV}\n  - Flatten\n").replace("\n", "\r\n").encode()


# reason, spec, what is removed
UNSOUND: dict[str, tuple[str, Path]] = {
    "maxpool1d_0 (MaxPool1d) has weights, or changes the shape": (
        TWICE + "  - {type: MaxPool1d, kernel_size: 2}\n",
        ("layers", 2),
    ),
    "conv1d_0 (Conv1d) has weights, or changes the shape": (
        TWICE.replace("kernel_size: 3", "kernel_size: 1"),
        ("layers", 0),
    ),
    "conv1d_1 (Conv1d) would read another layer": (
        TWICE + f"  - {{type: MaxPool1d, kernel_size: 1}}\n  - {{type: Tanh, from: relu_0}}\n  - {CONV}\n",
        ("layers", 3),
    ),
    "other outputs would leave": (
        TWICE + "  - {type: MaxPool1d, kernel_size: 1}\n  - {type: Tanh, from: relu_0}\n",
        ("layers", 3),
    ),
    "the weights of s.2 would be called s.1": (
        f"inputs: {{x: [8, 16]}}\nlayers: [{{{NUMBERED}, name: s, layers: [{CONV}, ReLU, {CONV}]}}]\n",
        ("layers", 0, "layers", 1),
    ),
    "budgets.scopes.relu_0 would be about other layers": (
        TWICE + f"  - {CONV}\n  - ReLU\nbudgets: {{scopes: {{relu_0: {{macs: 0}}}}}}\n",
        ("layers", 1),
    ),
    "budgets.scopes.r would be about other layers": (
        TWICE.replace("- ReLU", "- {type: ReLU, name: r}") + "budgets: {scopes: {r: {macs: 0}}}\n",
        ("layers", 1),
    ),
    "the spec could not be traced any more: unknown name 'r'": (
        TWICE.replace("- ReLU", "- {type: ReLU, name: r}") + "outputs: [r]\n",
        ("layers", 1),
    ),
    "concat_0 (Concat) would read another layer": (
        TWICE + f"  - {CONV}\n  - ReLU\n  - ReLU\n  - {{type: Concat, from: [relu_1, relu_1]}}\n",
        ("layers", 1),
    ),
    "it is the only layer of its list": (
        TWICE + "  - {type: Sequential, layers: [Tanh]}\n",
        ("layers", 2, "layers", 0),
    ),
}


@pytest.mark.parametrize(("why", "row"), UNSOUND.items(), ids=UNSOUND)
def test_a_removal_that_would_change_the_rest_is_dropped_and_said(why: str, row: tuple[str, Path]) -> None:
    text, path = row
    document = parse(text, "a.yaml")
    checked = check_document(document, frozenset({"AC001"}))
    assert checked.context is not None
    (layer,) = [each for each in checked.context.layers if each.origin.path == path]
    edits = (RemoveEntry(layer.origin),)
    finding = at(layer, "wrong", consequence="", hint="", edits=edits)
    checked.fixes = [Applicable("AC306", finding)]
    result = fixed(document, checked, frozenset({"AC001"}))
    assert result.document.text == text
    assert result.notes == [f"{finding.place}: AC306 was not fixed: {why}"]


def test_one_that_cannot_go_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written behind an alias is not removed through it."""
    asked: list[str] = []

    def counted(document: Document, active: frozenset[str]) -> Checked:
        asked.append(document.text)
        return check_document(document, active)

    monkeypatch.setattr("archcalc.rules.engine.fixing.check_document", counted)
    text = (
        "inputs: {x: [8, 16]}\nblocks: {unit: {layers: &unit [Tanh, ReLU, ReLU]}}\nlayers:\n"
        "  - {type: Sequential, layers: *unit}\n  - Tanh\n" + "  - ReLU  # on\n" + "  - ReLU\n" * 200
    )
    result = mended(text)
    assert result.document.text == text.replace("  - ReLU\n", "")
    assert dict(result.fixed) == {"AC306": 200}
    assert [note.partition(": AC306 ")[0] for note in result.notes] == ["a.yaml:2:44"]
    assert len(asked) < 20


# any network

LAYERS = (
    *(
        "ReLU",
        "ReLU6",
        "{type: LeakyReLU, name: NAME}",
        "{type: ReLU, name: NAME}",
        "PReLU",
        "Tanh",
        "Sigmoid",
    ),
    *("{type: MaxPool1d, kernel_size: 1}", CONV.replace("3", "1"), "{type: Dropout, p: 0.1}", "{type: ELU}"),
    *(
        "{type: LogSoftmax, dim: 1}",
        "{type: Softmax, dim: 1}",
        "{type: ReLU, from: READ}",
        "{type: ReLU, repeat: 2}",
    ),
    *("{type: Add, from: [READ, READ]}", "{type: Residual, body: [ReLU, ReLU, Tanh, ReLU]}", "unit"),
    "{type: Sequential, numbered: true, layers: [ReLU, ReLU, Tanh]}",
)


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A chain of layers of one shape, some of which read by name what stands above."""
    names: list[str] = ["x"]
    lines: list[str] = []
    for index, layer in enumerate(draw(st.lists(st.sampled_from(LAYERS), min_size=2, max_size=12))):
        while "READ" in layer:
            layer = layer.replace("READ", draw(st.sampled_from(names)), 1)  # noqa: PLW2901  the drawn names
        lines.append(
            "  - "
            + layer.replace("NAME", f"n{index}")
            + draw(st.sampled_from(["", "  # c: {x", " # - a, b]"]))
            + "\n"
        )
        if "NAME" in layer:
            names.append(f"n{index}")
        automatic = f"relu_{sum('ReLU' in line and 'LeakyReLU' not in line for line in lines) - 1}"
        if layer == "ReLU" and draw(st.booleans()):
            names.append(automatic)
    loss = draw(st.sampled_from(["", "loss: CrossEntropyLoss\n", "loss: BCEWithLogitsLoss\n"]))
    unit = "blocks: {unit: {layers: [ReLU, ReLU, {type: LogSoftmax, dim: 1}]}}\n"
    return f"inputs: {{x: [8, 16]}}\n{loss}{unit}layers:\n" + "".join(lines)


@given(networks())
@settings(max_examples=samples(300), print_blob=True, deadline=None)
def test_what_is_offered_is_done_and_leaves_the_other_layers_alone(text: str) -> None:
    document = parse(text, "a.yaml")
    checked = check_document(document, DEFAULT)
    if checked.context is None:
        return  # a drawn name stands for nothing
    result = fixed(document, checked, DEFAULT)
    assert not result.notes
    assert not any(found.fixable for found in result.checked.findings)
    after = result.checked.context
    assert after is not None
    assert after.trace.outputs[0].tensor == checked.context.trace.outputs[0].tensor
    kinds = iter(layer.arguments for layer in checked.context.layers)
    assert all(layer.arguments in kinds for layer in after.layers)
    assert after.params.params == checked.context.params.params
    assert (len(checked.context.layers) > len(after.layers)) == bool(result.fixed)
    if "AC401" not in result.fixed and "AC402" not in result.fixed:
        assert torch.allclose(_value(checked.context), _value(after), atol=1e-6)


def _value(context: Context) -> torch.Tensor:
    """What a network gives for numbers of both signs, at inference."""
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves its argument untyped
    values = {"x": 3 * torch.randn(2, 8, 16)}
    for layer in context.layers:
        read = [values[port.layer] for port in layer.inputs]
        given = layer.arguments.model_dump(exclude_unset=True)
        if layer.type == "Add":
            values[layer.name] = read[0] + read[1]
        else:
            given |= {"in_channels": 8} if layer.type == "Conv1d" else {}
            module = cast("type[torch.nn.Module]", getattr(torch.nn, layer.type))
            values[layer.name] = cast("torch.Tensor", module(**given).eval()(read[0]))
    return values[context.trace.outputs[0].layer].detach()
