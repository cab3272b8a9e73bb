"""Rules about size beyond their examples, and the numbers that they promise."""

import re

import pytest

from archcalc.rules.engine.checking import check_text
from tests.rules.found import found, subjects

VECTOR = "inputs: {x: [100]}\nlayers:\n"
WIDE = "  - {type: Linear, name: l, out_features: 100}\n"
CLASSIFIER = "task: classification\ninputs: {x: [3, 24, 24]}\nlayers:\n"
CONV = "  - {type: Conv2d, out_channels: 64, kernel_size: 5}\n"
HEAD = "  - {type: Linear, name: fc, out_features: 128}\n"


def samples(count: int) -> str:
    """The size of a training set."""
    return f"training: {{samples: {count}}}"


# code, spec, the layers or paths with a finding
CASES: dict[str, tuple[str, str, list[str]]] = {
    "1,000 a sample": ("AC702", VECTOR.replace("100]", "999]") + WIDE + samples(100), []),
    "a little more": ("AC702", VECTOR.replace("100]", "1000]") + WIDE + samples(100), ["training.samples"]),
    "unknown samples": ("AC702", VECTOR + WIDE + "training: {batch_size: 2}", []),
    "no weights": ("AC702", VECTOR + "  - ReLU\n" + samples(1), []),
    "frozen": ("AC702", VECTOR + WIDE.replace("l,", "l, frozen: true,") + samples(1), []),
    "two outputs": (
        "AC702",
        VECTOR
        + WIDE
        + "  - {type: Linear, name: m, from: x, out_features: 100}\noutputs: [l, m]\n"
        + samples(8),
        ["training.samples"],
    ),
    "nodes of one graph": (
        "AC702",
        "inputs: {x: [500, 100], e: {shape: [2, 9], dtype: int64}}\nlayers:\n"
        "  - {type: GCNConv, from: [x, e], out_channels: 100}\n" + samples(1),
        [],
    ),
    "tied weights count once": (
        "AC702",
        VECTOR + WIDE + "  - {type: Linear, tie: l, out_features: 100}\n" + samples(11),
        [],
    ),
    "a classifier": ("AC703", CLASSIFIER + CONV + "  - Flatten\n" + HEAD, ["fc"]),
    "another task": (
        "AC703",
        CLASSIFIER.replace("classification", "pose_estimation") + CONV + "  - Flatten\n" + HEAD,
        [],
    ),
    "no task": (
        "AC703",
        CLASSIFIER.replace("task: classification\n", "") + CONV + "  - Flatten\n" + HEAD,
        [],
    ),
    "a loss instead of a task": (
        "AC703",
        CLASSIFIER.replace("task: classification", "loss: NLLLoss") + CONV + "  - Flatten\n" + HEAD,
        ["fc"],
    ),
    "another loss": (
        "AC703",
        CLASSIFIER.replace("task: classification", "loss: MSELoss") + CONV + "  - Flatten\n" + HEAD,
        [],
    ),
    "frozen head": (
        "AC703",
        CLASSIFIER + CONV + "  - Flatten\n" + HEAD.replace("fc,", "fc, frozen: true,"),
        [],
    ),
    "a small one": ("AC703", CLASSIFIER + CONV + "  - Flatten\n" + HEAD.replace("128", "16"), []),
    "tokens": (
        "AC703",
        "task: classification\ninputs: {x: [400, 64]}\nlayers:\n  - Flatten\n" + HEAD,
        [],
    ),
    "a larger layer before": (
        "AC703",
        CLASSIFIER
        + CONV
        + "  - {type: Conv2d, out_channels: 64, kernel_size: 20}\n  - {type: Conv2d, out_channels: 20000, "
        "kernel_size: 1}\n  - Flatten\n  - {type: Linear, out_features: 60}\n",
        [],
    ),
    "a volume": (
        "AC703",
        "task: classification\ninputs: {x: [2, 9, 9, 9]}\nlayers:\n"
        "  - {type: Conv3d, out_channels: 16, kernel_size: 2}\n  - Flatten\n  - ReLU\n"
        + HEAD.replace("128", "256"),
        ["fc"],
    ),
}


@pytest.mark.parametrize(("code", "text", "expected"), CASES.values(), ids=CASES)
def test_sizes(code: str, text: str, expected: list[str]) -> None:
    assert subjects(code, text) == expected


@pytest.mark.parametrize("bias", ["true", "false"])
@pytest.mark.parametrize("before", ["", "  - ReLU\n", "  - Dropout\n"])
def test_a_pooled_map_costs_what_is_promised(bias: str, before: str) -> None:
    head = (
        before + HEAD.replace("128", f"128, bias: {bias}") + "  - ReLU\n  - {type: Linear, out_features: 9}\n"
    )
    text = CLASSIFIER + CONV + "  - Flatten\n" + head
    (finding,) = check_text(text, "a.yaml", frozenset({"AC703"})).findings
    match = re.search(r": ([\d,]+) params here, ([\d,]+) in all", finding.hint)
    assert match
    pooled = text.replace("  - Flatten", "  - {type: AdaptiveAvgPool2d, output_size: 1}\n  - Flatten")
    context = check_text(pooled, "a.yaml", frozenset()).context
    assert context is not None
    assert match[1] == f"{context.params.layers['fc'].params:,}"
    assert match[2] == f"{context.params.params:,}"
    assert not found("AC703", pooled)


def test_predictions_are_counted_place_by_place() -> None:
    text = (
        "inputs: {x: [100, 6, 7]}\nlayers:\n  - {type: Conv2d, out_channels: 5, kernel_size: 3}\n"
        + samples(1)
    )
    assert not found("AC702", text)
    deep = text.replace("channels: 5", "channels: 30")
    ((_, message),) = found("AC702", deep.replace("kernel_size: 3", "kernel_size: [6, 7]"))
    assert message == "126,030 trained params for 1 samples: 126,030 for every prediction"
