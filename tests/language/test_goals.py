"""Tasks and losses: closed lists, every spelling of which is known; what is none of them says so."""

import re
from inspect import getsource
from typing import TYPE_CHECKING, Any

import pytest
import torch.nn.modules.loss
from jsonschema import Draft202012Validator

from archcalc import loads
from archcalc.errors import SpecError
from archcalc.rules.dilation import small_field
from archcalc.rules.head import outputs_against_loss
from archcalc.rules.questions import goal, tokens
from archcalc.rules.sequence import unmasked_decoder
from archcalc.schema import schema
from archcalc.spec.goals import LOSSES, TASKS, loss_name, task_name
from archcalc.writing import write
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "inputs: {x: [3]}\nlayers: [ReLU]\n"


def problems(line: str) -> str:
    """What is wrong with a spec that has this line."""
    with pytest.raises(SpecError) as caught:
        loads(f"{line}\n{SPEC}")
    return str(caught.value)


VALIDATOR = Draft202012Validator(schema())


def accepted(key: str, value: object) -> bool:
    """Whether the JSON Schema takes a spec with this key."""
    data: Any = {
        key: value,
        "inputs": {"x": [3]},
        "layers": ["ReLU"],
    }  # the stub has a type of its own
    return VALIDATOR.is_valid(data)  # pyright: ignore[reportUnknownMemberType]  part of its stub is untyped


def test_losses_are_those_of_torch() -> None:
    recent = {"LinearCrossEntropyLoss"}
    elsewhere = {"AdaptiveLogSoftmaxWithLoss"}
    theirs = {name for name in torch.nn.modules.loss.__all__ if "2d" not in name}
    assert set(LOSSES) == theirs | recent | elsewhere


def test_functions_of_torch_are_known_as_their_classes() -> None:
    """A class of torch calls its function: the name of one is the name of the other."""
    for name in torch.nn.modules.loss.__all__:
        functions = (
            set(re.findall(r"F\.(\w+)\(", getsource(getattr(torch.nn, name).forward)))
            if "2d" not in name
            else ()
        )
        for function in functions:
            assert loss_name(f"F.{function}") == name, function


SAME = {
    "CrossEntropyLoss": (
        "cross_entropy",
        "Cross-Entropy",
        "crossentropyloss",
        "CE",
        "torch.nn.CrossEntropyLoss()",
    ),
    "NLLLoss": ("nll", "F.nll_loss", "negative log likelihood"),
    "BCELoss": ("bce", "binary_cross_entropy", "nn.BCELoss(reduction='sum')"),
    "BCEWithLogitsLoss": ("bce_with_logits", "binary_cross_entropy_with_logits", "BCEWithLogits"),
    "L1Loss": ("l1", "MAE", "mean_absolute_error", "L1 Loss"),
    "MSELoss": ("mse", "MSE", "mse_loss", "mean_squared_error"),
    "KLDivLoss": ("kl_div", "KL divergence"),
    "SmoothL1Loss": ("smooth_l1", "smooth_l1_loss"),
    "HuberLoss": ("huber",),
    "CTCLoss": ("ctc",),
    "TripletMarginLoss": ("triplet_loss",),
}


@pytest.mark.parametrize("name", SAME)
def test_spellings_of_a_loss(name: str) -> None:
    for written in (name, *SAME[name]):
        assert loss_name(loads(f'loss: "{written}"\n{SPEC}').spec.loss) == name
        assert accepted("loss", written), written


@pytest.mark.parametrize("written", [*TASKS, "Language modelling", "super-resolution", "Object Detection"])
def test_spellings_of_a_task(written: str) -> None:
    assert task_name(loads(f"task: {written}\n{SPEC}").spec.task) in TASKS
    assert accepted("task", written)


WRONG = {
    "loss: CrossEntropyLos": "did you mean 'CrossEntropyLoss'?",
    "loss: CrosEntropyLoss": "did you mean 'CrossEntropyLoss'?",
    "loss: cross_entropi": "did you mean 'CrossEntropyLoss'?",
    "loss: MSELos": "did you mean 'MSELoss'?",
    "loss: BCEWithLogitLoss": "did you mean 'BCEWithLogitsLoss'?",
    "loss: nn.SmothL1Loss": "did you mean 'SmoothL1Loss'?",
    "loss: NLLoss": "did you mean 'NLLLoss'?",
    "loss: sparse_categorical_crossentropy": "CrossEntropyLoss of torch.nn is what you mean: it takes logits",
    "loss: BinaryCrossentropy(from_logits=True)": "BCEWithLogitsLoss of torch.nn is what you mean",
    "loss: DiceLoss": "one of your own is written {custom: 'DiceLoss'}",
    "loss: focal": "one of your own is written {custom: 'focal'}",
    "task: clasification": "did you mean 'classification'?",
    "task: segmentaton": "did you mean 'segmentation'?",
    "task: regresion": "did you mean 'regression'?",
    "task: language_modelng": "did you mean 'language_modeling'?",
    "task: fortune telling": "one of your own is written {custom: 'fortune telling'}",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_none_of_them_is_an_error_with_the_nearest(line: str) -> None:
    key, _, value = line.partition(": ")
    told = problems(line)
    assert told.startswith(f"<text>:1:{len(key) + 3}: {key}: '{value}' is none of the ")
    assert WRONG[line] in told
    assert f"{{custom: '{value}'}}" in told
    assert not accepted(key, value)


@pytest.mark.parametrize(
    "value", ["dice", "focal", "DiceLoss", "FocalLoss", "IoULoss", "ssim", "LovaszLoss", "arcface"]
)
def test_a_loss_of_another_kind_is_not_taken_for_one(value: str) -> None:
    assert "did you mean" not in problems(f"loss: {value}")


@pytest.mark.parametrize("key", ["task", "loss"])
@pytest.mark.parametrize("form", ["{custom: my_own}", "\n  custom: my_own", '"custom: my_own"'])
def test_one_of_your_own_is_kept_and_written_back(key: str, form: str) -> None:
    model = loads(f"{key}: {form}\n{SPEC}")
    assert getattr(model.spec, key).custom == "my_own"
    assert f"{key}: {{custom: my_own}}\n" in write(model.spec)
    assert loads(write(model)).spec == model.spec
    for value in ({"custom": "my_own"}, "custom: my_own"):
        assert accepted(key, value)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("{costum: a}", "loss.costum: unknown key 'costum'\n  did you mean 'custom'?"),
        ("{custom: 3}", "loss.custom: needs a text, got 3"),
        ("{}", "loss: `custom` is missing"),
        ("3", "loss: needs a text, got 3"),
        ("[a]", "loss: needs a text, got ['a']"),
        ("''", "loss: '' is none of the losses of torch.nn"),
    ],
)
def test_wrong_forms_are_told_once(form: str, words: str) -> None:
    told = problems(f"loss: {form}")
    assert words in told
    assert told.count("<text>:") == 1
    value = loads(f"vars: {{v: {form}}}\n{SPEC}").document.at(("vars", "v"))
    assert not accepted("loss", value)


def test_every_word_that_rules_look_for_is_in_a_task() -> None:
    words = {
        *tokens.UNORDERED,
        *unmasked_decoder.NEXT_TOKEN,
        *unmasked_decoder.TO_SEQUENCE,
        *unmasked_decoder.AT_ONCE,
        *small_field.DECISIONS,
        *outputs_against_loss.CLASSIFIERS,
        *("detection", "classif", "node", "logistic", "softmax", "ordinal"),
    }
    spelt = {"nonauto", "non_auto", "auto_regressive", "parallel", "bidirectional", "non_causal"}
    assert not {word for word in words - spelt if not any(word in task for task in TASKS)}
    assert all(any(re.search(part, task) for task in TASKS) for part in goal.MAKES_DATA.split("|"))


def test_a_task_of_your_own_is_judged_by_its_words_and_a_loss_is_not(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    text = "inputs: {x: [8]}\nlayers:\n  - {type: Linear, out_features: 4}\n  - {type: Softmax, dim: 1}\n"
    file = tmp_path / "a.yaml"
    for loss, found in (("CrossEntropyLoss", 1), ("{custom: CrossEntropyLoss}", 0)):
        file.write_text(f"task: classification\nloss: {loss}\n{text}", encoding="utf-8")
        assert ("AC401" in run(capsys, "check", str(file)).out) == bool(found)
    relu = text.replace("{type: Softmax, dim: 1}", "ReLU")
    file.write_text(f"task: {{custom: price_regression}}\n{relu}", encoding="utf-8")
    assert "AC405" in run(capsys, "check", "--select", "AC4", str(file)).out


def test_a_budget_that_nobody_judges_is_refused() -> None:
    told = problems("budgets: {params: 1K, scopes: {relu: {memory: 1KiB}}}")
    assert "unknown key 'memory'\n  memory is judged of the whole network: write it in budgets" in told
    budgets = loads(f"vars: {{v: 3}}\n{SPEC}")
    assert budgets.spec.budgets.params is None
    assert accepted("budgets", {"memory": "1KiB"})
    assert not accepted("budgets", {"scopes": {"relu": {"memory": "1KiB"}}})
