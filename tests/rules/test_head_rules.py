"""Rules about the last layers beyond their examples, and the numbers that they state against torch."""

import re

import pytest
import torch
from torch import nn

from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection
from tests.rules.found import subjects

DEFAULT = Selection().active()
LARGER = "  - {type: Upsample, scale_factor: 4}\n"
SOFTMAX = "  - {type: Softmax, name: s, dim: 1}\n"


def spec(loss: str, layers: str, task: str = "classification", more: str = "", shape: str = "[8]") -> str:
    return f"inputs: {{x: {shape}}}\ntask: {task}\nloss: {loss}\n{more}layers:\n{layers}"


def linear(name: str, features: int | str = 4, more: str = "") -> str:
    return f"  - {{type: Linear, name: {name}, out_features: {features}{more}}}\n"


# code, spec, the layers with a finding
CASES: dict[str, tuple[str, str, list[str]]] = {
    "functional name": ("AC401", spec("F.cross_entropy", linear("a") + SOFTMAX), ["s"]),
    "full name": ("AC401", spec("torch.nn.CrossEntropyLoss", linear("a") + SOFTMAX), ["s"]),
    "other loss": ("AC401", spec("MSELoss", linear("a") + SOFTMAX), []),
    "softmin": ("AC401", spec("CrossEntropyLoss", linear("a") + "  - {type: Softmin, name: s}"), ["s"]),
    "softmax in a block": (
        "AC401",
        spec(
            "CrossEntropyLoss",
            "  - {type: head, name: h}\n",
            more="blocks: {head: {layers: [{type: Linear, out_features: 4}, {type: Softmax, name: s}]}}\n",
        ),
        ["h.s"],
    ),
    "softmax in all outputs": (
        "AC401",
        spec(
            "CrossEntropyLoss",
            linear("a") + SOFTMAX + linear("b", more=", from: x") + "  - {type: Softmax, name: t, dim: 1}\n"
            "outputs: [s, t]",
        ),
        ["s", "t"],
    ),
    "the same output twice": (
        "AC401",
        spec("CrossEntropyLoss", linear("a") + SOFTMAX + "outputs: [s, s]"),
        ["s"],
    ),
    "weights of attention beside the logits": (
        "AC401",
        spec(
            "CrossEntropyLoss",
            linear("w", 8)
            + SOFTMAX
            + "  - {type: Multiply, from: [x, s]}\n"
            + linear("a")
            + "outputs: [a, s]",
        ),
        [],
    ),
    "softmax left out": (
        "AC401",
        spec("CrossEntropyLoss", linear("a") + "  - {type: Softmax, when: =1 > 2}\n"),
        [],
    ),
    "softmax that something bends": ("AC401", spec("CrossEntropyLoss", SOFTMAX + linear("a")), []),
    "sigmoid, many labels": (
        "AC402",
        spec("BCEWithLogitsLoss", linear("a") + "  - {type: Sigmoid, name: s}"),
        ["s"],
    ),
    "sigmoid of a generator": (
        "AC402",
        spec("BCEWithLogitsLoss", linear("a") + "  - Sigmoid", task="super-resolution"),
        [],
    ),
    "part of the output": (
        "AC402",
        spec(
            "BCEWithLogitsLoss",
            linear("a") + "  - {type: Sigmoid, name: s}\n  - {type: Concat, from: [a, s]}",
        ),
        [],
    ),
    "input": ("AC403", spec("BCELoss", "  - Identity\n"), []),
    "clipped": ("AC403", spec("BCELoss", linear("a") + "  - {type: Hardtanh, min_val: 0, max_val: 1}"), []),
    "normalised": ("AC403", spec("BCELoss", linear("a") + "  - {type: LayerNorm, name: n}"), ["n"]),
    "softmax": ("AC403", spec("BCELoss", linear("a") + SOFTMAX), []),
    "logarithm": ("AC403", spec("BCELoss", linear("a") + "  - {type: LogSoftmax, name: s, dim: 1}"), ["s"]),
    "discriminator": ("AC403", spec("BCELoss", linear("a", 1), task="discrimination"), ["a"]),
    "score beside a probability": (
        "AC403",
        spec("BCELoss", linear("a", 1) + "  - {type: Sigmoid, name: s}\noutputs: [a, s]"),
        [],
    ),
    "recurrent": ("AC403", spec("BCELoss", "  - {type: LSTM, hidden_size: 1}", shape="[5, 8]"), []),
    "sigmoid on logits": (
        "AC404",
        spec("CrossEntropyLoss", linear("a") + "  - {type: Sigmoid, name: s}"),
        ["s"],
    ),
    "gelu on logits, no loss": (
        "AC404",
        "inputs: {x: [8]}\ntask: classification\nlayers:\n" + linear("a") + "  - {type: GELU, name: s}",
        ["s"],
    ),
    "features, no task": ("AC404", "inputs: {x: [8]}\nlayers:\n" + linear("a") + "  - ReLU", []),
    "leaky": ("AC404", spec("CrossEntropyLoss", linear("a") + "  - {type: LeakyReLU, name: s}"), ["s"]),
    "learnt slope": ("AC404", spec("CrossEntropyLoss", linear("a") + "  - {type: PReLU, name: s}"), ["s"]),
    "nodes of length 1": (
        "AC403",
        spec(
            "BCELoss",
            "  - {type: SAGEConv, name: s, from: [x, edges], out_channels: 2, normalize: true}",
            shape="[9, 8], edges: {shape: [2, 20], dtype: int64}",
        ),
        ["s"],
    ),
    "squeezed scores, one class short": (
        "AC407",
        spec(
            "CrossEntropyLoss",
            "  - {type: Conv2d, name: c, out_channels: 3, kernel_size: 1}\n"
            "  - {type: AdaptiveAvgPool2d, output_size: 1}\n  - Flatten\n",
            more="vars: {classes: 4}\n",
            shape="[4, 8, 8]",
        ),
        ["c"],
    ),
    "flattened scores of places": (
        "AC407",
        spec(
            "CrossEntropyLoss",
            "  - {type: Conv2d, name: c, out_channels: 3, kernel_size: 1}\n  - Flatten\n",
            more="vars: {classes: 300}\n",
            shape="[4, 8, 8]",
        ),
        [],
    ),
    "resized scores": (
        "AC402",
        spec("BCEWithLogitsLoss", linear("a") + "  - {type: Sigmoid, name: s}\n" + LARGER, shape="[4, 8, 8]"),
        ["s"],
    ),
    "pixels": ("AC404", spec("BCEWithLogitsLoss", linear("a") + "  - Tanh", task="generation"), []),
    "tanh before bce": ("AC404", spec("BCEWithLogitsLoss", linear("a") + "  - {type: Tanh, name: s}"), ["s"]),
    "relu, hinge loss": ("AC404", spec("MultiMarginLoss", linear("a") + "  - ReLU"), []),
    "relu of a logistic regression": (
        "AC405",
        spec("BCEWithLogitsLoss", linear("a", 1) + "  - ReLU", task="logistic_regression"),
        [],
    ),
    "relu beside": (
        "AC405",
        spec("MSELoss", "  - {type: ReLU, name: r}\n" + linear("a", 1) + "outputs: [a, r]", "regression"),
        [],
    ),
    "dropout that changes nothing": (
        "AC406",
        spec(
            "MSELoss",
            "  - {type: Dropout, p: 0.0}\n" + linear("a") + "  - ReLU\n" + linear("b", 1),
            "regression",
        ),
        [],
    ),
    "alpha dropout": (
        "AC406",
        spec("MSELoss", "  - AlphaDropout\n" + linear("a") + "  - SELU\n" + linear("b", 1), "regression"),
        [],
    ),
    "dropout beside": (
        "AC406",
        spec(
            "MSELoss",
            linear("a")
            + "  - {type: ReLU, name: r}\n  - {type: Dropout, name: d}\n"
            + linear("b", 1)
            + linear("c", 1, ", from: r"),
            "regression",
        )
        + "outputs: [b, c]",
        [],
    ),
    "one map": (
        "AC407",
        spec(
            "CrossEntropyLoss",
            "  - {type: Conv2d, name: c, out_channels: 1, kernel_size: 1}",
            "segmentation",
            shape="[3, 8, 8]",
        ),
        ["c"],
    ),
    "heat map of positions": (
        "AC407",
        spec(
            "CrossEntropyLoss",
            "  - {type: Conv2d, out_channels: 1, kernel_size: 1}\n  - Flatten",
            "keypoint_detection",
            shape="[3, 8, 8]",
        ),
        [],
    ),
    "a token's one score": ("AC407", spec("CrossEntropyLoss", linear("a", 1), shape="[5, 8]"), []),
    "padded vocabulary": (
        "AC407",
        spec("CrossEntropyLoss", linear("a", 64), more="vars: {classes: 50}\n"),
        [],
    ),
    "too few": ("AC407", spec("CrossEntropyLoss", linear("a", 4), more="vars: {num_classes: 5}\n"), ["a"]),
    "too few in an expression": (
        "AC407",
        spec("CrossEntropyLoss", linear("a", "=classes - 1"), more="vars: {all: 6, classes: =all - 1}\n"),
        ["a"],
    ),
    "no number of classes": (
        "AC407",
        spec("CrossEntropyLoss", linear("a", 4), more="vars: {classes: many, num_classes: 4.5}\n"),
        [],
    ),
    "too few, of a regression": (
        "AC407",
        spec("CrossEntropyLoss", linear("a", 4), "regression", more="vars: {classes: 9}\n"),
        [],
    ),
    "pairs of classes": (
        "AC407",
        spec(
            "CrossEntropyLoss",
            linear("a", 4) + "  - {type: Reshape, shape: [2, 2]}",
            more="vars: {classes: 9}\n",
        ),
        [],
    ),
    "log-sigmoid": ("AC409", spec("NLLLoss", linear("a") + "  - LogSigmoid"), []),
    "relu": ("AC409", spec("nll_loss", linear("a") + "  - {type: ReLU, name: r}"), ["r"]),
}


@pytest.mark.parametrize(("code", "text", "expected"), CASES.values(), ids=CASES)
def test_heads(code: str, text: str, expected: list[str]) -> None:
    assert subjects(code, text) == expected


def stated(code: str, text: str) -> float:
    """The least loss that a finding states."""
    (finding,) = check_text(text, "a.yaml", frozenset({code})).findings
    match = re.search(r"at least ([\d.]+)", finding.consequence)
    assert match is not None
    return float(match[1])


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize(
    ("kind", "code", "ends"),
    [("Softmax", "AC401", (0, 1)), ("Sigmoid", "AC404", (0, 1)), ("Tanh", "AC404", (-1, 1))],
)
def test_the_loss_does_not_fall_below_what_is_stated(
    kind: str, code: str, ends: tuple[int, int], classes: int
) -> None:
    least = stated(code, spec("CrossEntropyLoss", linear("a", classes) + f"  - {kind}\n"))
    best = torch.full((1, classes), float(ends[0]))
    best[0, 0] = ends[1]
    assert least == pytest.approx(float(nn.CrossEntropyLoss()(best, torch.tensor([0]))), rel=0.01)


def test_what_is_said_of_sigmoid_and_bce_holds() -> None:
    logits = torch.sigmoid(torch.linspace(-30, 30, 1001))
    loss = nn.BCEWithLogitsLoss(reduction="none")
    assert torch.sigmoid(logits).min() == pytest.approx(0.5)
    assert torch.sigmoid(logits).max() == pytest.approx(0.731, abs=0.001)
    assert loss(logits, torch.zeros(1001)).min() == pytest.approx(0.693, abs=0.001)
    assert loss(logits, torch.ones(1001)).min() == pytest.approx(0.313, abs=0.001)
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        nn.BCELoss()(torch.tensor([-0.1]), torch.tensor([0.0]))


def test_what_is_said_of_one_logit_and_of_missing_classes_holds() -> None:
    logit = torch.randn(4, 1, requires_grad=True)
    loss = nn.CrossEntropyLoss()(logit, torch.zeros(4, dtype=torch.int64))
    loss.backward()  # pyright: ignore[reportUnknownMemberType]  # torch leaves its arguments untyped
    assert loss == 0
    assert logit.grad is not None
    assert not logit.grad.any()
    with pytest.raises(IndexError, match="out of bounds"):
        nn.CrossEntropyLoss()(torch.randn(1, 4), torch.tensor([4]))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("nn.CrossEntropyLoss()", "AC401"),
        ("'torch.nn.CrossEntropyLoss(label_smoothing=0.1)'", "AC401"),
        ("Cross-Entropy", "AC401"),
        ("crossentropyloss", "AC401"),
        ("F.nll_loss", "AC409"),
        ("NLL", "AC409"),
        ("categorical_crossentropy", ""),  # Keras': of probabilities
        ("GaussianNLLLoss", ""),
    ],
)
def test_a_loss_is_known_however_it_is_written(written: str, code: str) -> None:
    text = spec(written, linear("a") + SOFTMAX)
    assert [each.code for each in check_text(text, "a.yaml", frozenset({"AC401", "AC409"})).findings] == (
        [code] if code else []
    )


@pytest.mark.parametrize(
    ("loss", "last", "mended", "message"),
    [
        ("BCELoss", "Tanh", "Sigmoid", "from -1 to 1"),
        ("NLLLoss", "Sigmoid", "{type: LogSoftmax, dim: 1}", "numbers up to 1"),
        ("NLLLoss", "ReLU", "{type: LogSoftmax, dim: 1}", "numbers of any size"),
    ],
)
def test_the_wrong_activation_is_replaced_not_followed(
    loss: str, last: str, mended: str, message: str
) -> None:
    (finding,) = check_text(spec(loss, f"{linear('a')}  - {last}\n"), "a.yaml", DEFAULT).findings
    assert message in finding.message
    assert "in its place" in finding.hint or "for it" in finding.hint
    assert not check_text(spec(loss, f"{linear('a')}  - {mended}\n"), "a.yaml", DEFAULT).findings
