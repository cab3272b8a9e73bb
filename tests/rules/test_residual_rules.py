"""Rules about depth and shortcuts beyond their examples; runs of plain layers against all ways through."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.rules.context import Context
from archcalc.rules.engine.checking import check_text
from archcalc.rules.questions.depth import plain_runs
from tests.rules.found import found, subjects

VECTOR = "inputs: {x: [8]}\nlayers:\n"
IMAGE = "inputs: {x: [8, 12, 12]}\nlayers:\n"
LINEAR = "{type: Linear, out_features: 8}"
CONV = "{type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}"
POINT = "{type: Conv2d, name: p, out_channels: 8, kernel_size: 1}"


def repeated(times: int, *layers: str, more: str = "", name: str = "s") -> str:
    """A repeat of layers."""
    return f"  - {{type: Sequential, name: {name}, repeat: {times}{more}, layers: [{', '.join(layers)}]}}\n"


def residual(*body: str, shortcut: str = "", more: str = "") -> str:
    """A residual block."""
    return f"  - {{type: Residual{more}, body: [{', '.join(body)}], shortcut: [{shortcut}]}}\n"


PLAIN = repeated(30, "{type: Linear, name: l, out_features: 8}", "ReLU")
HALF = "{type: Linear, name: l, out_features: 8}", "ReLU"
BRANCH = CONV, "ReLU", CONV

# code, spec, the layers with a finding
CASES: dict[str, tuple[str, str, list[str]]] = {
    "frozen layers do not count": (
        "AC501",
        VECTOR + repeated(20, *HALF, more=", frozen: true") + repeated(20, *HALF, name="t"),
        [],
    ),
    "frozen layers among others": (
        "AC501",
        VECTOR + repeated(3, LINEAR, more=", frozen: true", name="t") + PLAIN,
        ["s.0.l"],
    ),
    "a second output in the middle": (
        "AC501",
        VECTOR + repeated(20, *HALF) + repeated(20, *HALF, name="t") + "outputs: [s, t]",
        [],
    ),
    "a second output at the end": (
        "AC501",
        VECTOR + PLAIN + f"  - {LINEAR}\noutputs: [s, linear_0]",
        ["s.0.l"],
    ),
    "one block between two halves": (
        "AC501",
        VECTOR + repeated(20, *HALF) + residual(LINEAR) + repeated(20, *HALF, name="t"),
        [],
    ),
    "two runs": (
        "AC501",
        VECTOR + PLAIN + residual(LINEAR) + repeated(31, *HALF, name="t"),
        ["s.0.l", "t.0.l"],
    ),
    "two inputs that meet first": (
        "AC501",
        "inputs: {x: [8], y: [8]}\nlayers:\n  - {type: Add, from: [x, y]}\n" + PLAIN,
        ["s.0.l"],
    ),
    "two towers": (
        "AC501",
        "inputs: {x: [8], y: [8]}\nlayers:\n"
        + repeated(30, LINEAR, more=", from: x", name="a")
        + repeated(30, LINEAR, more=", from: y", name="b")
        + "  - {type: Add, from: [a, b]}",
        [],
    ),
    "three dimensions": (
        "AC501",
        "inputs: {x: [1, 6, 6, 6]}\nlayers:\n"
        + repeated(30, "{type: Conv3d, name: c, out_channels: 1, kernel_size: 3, padding: 1}", "ReLU"),
        ["s.0.c"],
    ),
    "a graph network": (
        "AC501",
        "inputs: {x: [5, 8], e: {shape: [2, 9], dtype: int64}}\nlayers:\n"
        "  - {type: GCNConv, name: g, from: [x, e], out_channels: 8}\n" + PLAIN,
        ["g"],
    ),
    "a position bias is no way around": (
        "AC501",
        "inputs: {x: [5, 8]}\nlayers:\n"
        "  - {type: RelativePositionBias, name: r, from: x, num_heads: 1}\n"
        + repeated(30, "{type: Linear, name: l, out_features: 8}", "ReLU", more=", from: x")
        + "  - {type: ScaledDotProductAttention, from: [s, s, s, r], num_heads: 1}",
        ["s.0.l"],
    ),
    "projection of a tied block": (
        "AC502",
        IMAGE
        + residual(*BRANCH, shortcut=POINT)
        + residual(*BRANCH, shortcut=POINT.replace("p,", "q, tie: p,")),
        ["p", "q"],
    ),
    "projection and norm": ("AC502", IMAGE + residual(*BRANCH, shortcut=POINT + ", BatchNorm2d"), ["p"]),
    "projection with an activation": ("AC502", IMAGE + residual(*BRANCH, shortcut=POINT + ", ReLU"), []),
    "two projections": (
        "AC502",
        IMAGE + residual(*BRANCH, shortcut=POINT + ", " + POINT.replace("p,", "q,")),
        [],
    ),
    "another shape": (
        "AC502",
        IMAGE.replace("[8,", "[4,") + residual(*BRANCH, shortcut=POINT),
        [],
    ),
    "a kernel of three": ("AC502", IMAGE + residual(*BRANCH, shortcut=CONV), []),
    "an identity beside it": (
        "AC502",
        IMAGE + f"  - {{type: Branches, branches: [[], [{POINT}], [{', '.join(BRANCH)}]], merge: Add}}",
        [],
    ),
    "a gate on a projection": (
        "AC502",
        IMAGE + residual(*BRANCH, shortcut=POINT, more=", merge: Multiply"),
        [],
    ),
    "a concatenation": ("AC502", IMAGE + residual(*BRANCH, shortcut=POINT, more=", merge: Concat"), []),
    "a projection that leaves": (
        "AC502",
        IMAGE + residual(*BRANCH, shortcut=POINT, more=", name: r") + "outputs: [r, r.p]",
        [],
    ),
    "a projection whose input leaves too": (
        "AC502",
        IMAGE
        + "  - {type: Tanh, name: t}\n"
        + residual(*BRANCH, shortcut=POINT, more=", name: r")
        + "outputs: [t, r]",
        ["r.p"],
    ),
    "softplus and dropout": (
        "AC503",
        IMAGE
        + residual(
            CONV, "{type: Softplus, name: a}", "Dropout2d", "{type: StochasticDepth, p: 0.1, mode: row}"
        ),
        ["a"],
    ),
    "relu and dropout": ("AC503", IMAGE + residual(CONV, "{type: ReLU, name: a}", "Dropout2d"), ["a"]),
    "relu on the shortcut too": ("AC503", IMAGE + residual(CONV, "ReLU", shortcut=POINT + ", ReLU"), []),
    "relu and a projection": (
        "AC503",
        IMAGE + residual(CONV, "{type: ReLU, name: a}", shortcut=POINT),
        ["a"],
    ),
    "no weights in the branch": ("AC503", IMAGE + residual("ReLU"), []),
    "relu before the fork": ("AC503", IMAGE + "  - ReLU\n" + residual("{type: Dropout, p: 0.1}"), []),
    "concatenated branches, as in SqueezeNet": (
        "AC503",
        IMAGE + residual("{type: Fire, squeeze: 4, expand1x1: 4, expand3x3: 4}"),
        [],
    ),
    "a threshold below 0": ("AC503", IMAGE + residual(CONV, "{type: Hardtanh, min_val: -1}"), []),
    "a threshold at 0": ("AC503", IMAGE + residual(CONV, "{type: Hardtanh, name: a, min_val: 0}"), ["a"]),
    "a frozen norm": (
        "AC504",
        IMAGE + residual(CONV, "ReLU", CONV, "BatchNorm2d", more=", frozen: true"),
        [],
    ),
    "a scaled branch": ("AC504", IMAGE + residual(CONV, "ReLU", CONV, "BatchNorm2d", "LayerScale2d"), []),
    "both ends have norms": (
        "AC504",
        IMAGE + residual(CONV, "ReLU", "{type: BatchNorm2d, name: n}", shortcut=POINT + ", BatchNorm2d"),
        ["n"],
    ),
}


@pytest.mark.parametrize(("code", "text", "expected"), CASES.values(), ids=CASES)
def test_residual(code: str, text: str, expected: list[str]) -> None:
    assert [subject.removeprefix("residual_0.") for subject in subjects(code, text)] == expected


def test_a_repeat_is_one_finding() -> None:
    text = (
        IMAGE + "  - type: Sequential\n    repeat: 3\n    layers:\n    " + residual(*BRANCH, shortcut=POINT)
    )
    (finding,) = check_text(text, "a.yaml", frozenset({"AC502"})).findings
    assert (finding.place.line, finding.also) == (6, 2)


def test_a_sum_of_many_is_no_residual_block() -> None:
    ways = ", ".join(f"[{LINEAR}, ReLU]" for _ in range(3))
    text = VECTOR + f"  - {{type: Branches, branches: [[], {ways}], merge: Add}}"
    assert len(found("AC503", text)) == 3
    assert not found("AC503", text.replace("[[], ", "[[], [], "))


@st.composite
def networks(draw: st.DrawFn) -> str:
    """Linear maps that each read one or two of those before, and one or two outputs."""
    count = draw(st.integers(1, 9))
    lines = [VECTOR]
    for index in range(count):
        before = ["x", *(f"l{number}" for number in range(index))]
        read = draw(st.lists(st.sampled_from(before[-3:]), min_size=1, max_size=2, unique=True))
        kind = "type: Add" if len(read) > 1 else "type: Linear, out_features: 8"
        lines.append(f"  - {{{kind}, name: l{index}, from: [{', '.join(read)}]}}\n")
    last = f"l{count - 1}"
    middle = draw(st.sampled_from([last, "l0"]))
    lines.append(f"outputs: [{', '.join(sorted({last, middle}))}]")
    return "".join(lines)


@given(networks())
def test_runs_are_what_every_way_passes(text: str) -> None:
    context = check_text(text, "a.yaml", frozenset()).context
    assert context is not None
    runs = [[layer.name for layer in run] for run in plain_runs(context)]
    passed = [name for run in runs for name in run]
    assert passed == [layer.name for layer in context.layers if not _leaves(context, without=layer.name)]
    assert all(
        context.trace.by_name[after].inputs[0].layer == before
        for run in runs
        for before, after in _pairs(run)
    )


def _pairs(run: list[str]) -> "list[tuple[str, str]]":
    return list(itertools.pairwise(run))


def _leaves(context: Context, *, without: str) -> bool:
    """Whether an output still depends on the input when a layer is taken out."""
    reached = {"x"}
    for layer in context.layers:
        if layer.name != without and any(port.layer in reached for port in layer.inputs):
            reached.add(layer.name)
    return bool(reached & context.trace.leaving)
