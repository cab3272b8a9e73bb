"""``archcalc check`` with other values than written, with names of rules, and with less to say."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import run
from tests.rules.specs import BIAS, BROKEN, BUDGET, GOOD

if TYPE_CHECKING:
    from tests.cli.running import Ran

    Capsys = pytest.CaptureFixture[str]

WIDE = """\
vars: {width: 8}
inputs: {image: [3, 16, 16]}
layers:
  - {type: Conv2d, name: stem, out_channels: =width, kernel_size: 3, bias: false}
  - BatchNorm2d
  - {type: Conv2d, name: late, out_channels: 4, kernel_size: 3, when: =width > 40}
budgets: {params: 1000}
"""
"""Without findings as it is written; 864 and 64 parameters for a width of 32, 1,728, 128 and 2,308 for 64."""
TWO = """\
inputs: {image: [3, 16, 16], mask: [1, 16, 16]}
layers:
  - {type: Concat, dim: 0, from: [image, mask]}
  - {type: Conv2d, out_channels: 4, kernel_size: 9}
"""
TRAINED = """\
inputs: {x: [1000]}
task: regression
training: {samples: 20}
layers:
  - {type: Linear, name: body, out_features: 100}
  - ReLU
  - {type: Linear, name: head, out_features: 1}
"""
"""AC702: 100,201 trained parameters; 101 where the body is frozen."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(ran: "Ran") -> list[str]:
    """Code and values of every finding of a text report."""
    found = re.findall(r"^\S+:\d+:\d+: (AC\d{3}) .*?((?: \(with .*\))?)$", ran.out, re.MULTILINE)
    return [f"{code}{values}" for code, values in found]


def flat(ran: "Ran") -> str:
    """What stands on standard error, without the box around it."""
    return re.sub(r"[\s│]+", " ", ran.err)


GIVEN: dict[str, tuple[str, tuple[str, ...], list[str]]] = {
    "as written": (WIDE, (), []),
    "one value": (WIDE, ("--set", "width=64"), ["AC701 (with width=64)"]),
    "several values": (WIDE, ("--set", "width=8,32,64"), ["AC701 (with width=64)"]),
    "several options": (WIDE, ("--set", "width=8", "--set", "width=64"), ["AC701 (with width=64)"]),
    "an expression": (WIDE, ("--set", "width==max(8, 64)"), ["AC701 (with width==max(8, 64))"]),
    "a wrong value": (WIDE, ("--set", "width=-1"), ["AC001 (with width=-1)"]),
    "all of several": (
        WIDE.replace("bias: false", "bias: true, stride: 5").replace("params: 1000", "params: 4M"),
        ("--set", "width=16", "--input", "3,8,8", "--input", "image=3,9,9"),
        [
            "AC301 (with width=16, image=3x8x8; with width=16, image=3x9x9)",
            "AC203 (with width=16, image=3x8x8)",
            "AC203 (with width=16, image=3x9x9)",
        ],
    ),
    "a shape": (TWO, ("--input", "mask=1,8,16"), ["AC001 (with mask=1x8x16)"]),
    "every combination": (
        TWO,
        ("--input", "mask=1,8,8", "--input", "mask=1,16,16", "--input", "image=3,8,8"),
        ["AC001 (with mask=1x16x16, image=3x8x8)", "AC001 (with mask=1x8x8, image=3x8x8)"],
    ),
    "written": (TRAINED, (), ["AC702"]),
    "frozen": (TRAINED, ("--freeze", "bod?"), []),
    "frozen elsewhere": (TRAINED, ("--freeze", "head"), ["AC702"]),
}


@pytest.mark.parametrize("case", GIVEN)
def test_specs_are_checked_with_what_is_given_and_findings_say_for_what(case: str, capsys: "Capsys") -> None:
    text, words, codes = GIVEN[case]
    Path("a.yaml").write_text(text, encoding="utf-8")
    ran = run(capsys, "check", "a.yaml", *words)
    assert told(ran) == codes
    assert (ran.code, ran.err) == (bool(codes), "")


def test_a_list_is_one_value(capsys: "Capsys") -> None:
    text = "vars: {pads: [1, 1]}\n" + GOOD.replace("bias: false", "bias: true, padding: =pads")
    Path("a.yaml").write_text(text, encoding="utf-8")
    ran = run(capsys, "check", "a.yaml", "--set", "pads=[0,1],[1,0]", "--input", "3,9,9")
    assert told(ran) == ["AC301 (with pads=[0, 1], image=3x9x9; with pads=[1, 0], image=3x9x9)"]


def test_what_is_frozen_may_be_what_a_cure_takes_away(capsys: "Capsys") -> None:
    """Whether a pattern fits is asked of the spec as it is, not of one that help would make of it."""
    head = "inputs: {x: [8]}\nloss: CrossEntropyLoss\nlayers:\n  - {type: Linear, out_features: 10}\n"
    Path("a.yaml").write_text(head + "  - {type: Softmax, name: last}\n", encoding="utf-8")
    ran = run(capsys, "check", "a.yaml", "--freeze", "last")
    assert (told(ran), ran.err) == (["AC401"], "")
    assert "remove it" in ran.out
    Path("a.yaml").write_text(head + "  - Softmax\n", encoding="utf-8")
    wrong = run(capsys, "check", "a.yaml", "--freeze", "logsoftmax_0")
    assert wrong.code == 2
    assert "did you mean 'softmax_0'?" in " ".join(wrong.err.replace("│", " ").split())


def test_of_many_values_the_first_are_named(capsys: "Capsys") -> None:
    Path("a.yaml").write_text(WIDE.replace("bias: false", "padding: 4"), encoding="utf-8")
    ran = run(capsys, "check", "a.yaml", "--select", "AC106", "--set", "width=1,2,3,4,5,6")
    assert told(ran) == ["AC106 (with width=1; with width=2; with width=3; with width=4; and 2 more)"]


def test_rules_see_the_given_variables(capsys: "Capsys") -> None:
    """AC701 judges by an expression of the budget, AC408 by the variable itself."""
    head = "inputs: {x: [8]}\nvars: {classes: 3}\nloss: CrossEntropyLoss\ntask: classification\nlayers:\n"
    Path("a.yaml").write_text(head + "  - {type: Linear, out_features: 10}\n", encoding="utf-8")
    assert told(run(capsys, "check", "a.yaml")) == []
    assert told(run(capsys, "check", "a.yaml", "--set", "classes=12")) == ["AC407 (with classes=12)"]


LACKING = {
    "variable": (
        ("--set", "widht=3"),
        "a.yaml: --set: the spec has no variable 'widht'; did you mean 'width'?",
    ),
    "input": (("--input", "imgae=3,8,8"), "--input: the spec has no input 'imgae'; did you mean 'image'?"),
    "layer": (("--freeze", "stm"), "--freeze: no layer fits 'stm'; did you mean 'stem'?"),
    "no value": (("--set", "width"), "needs NAME=VALUE, got 'width'"),
    "no name": (("--set", "=3,4"), "needs NAME=VALUE, got '=3,4'"),
    "no shape": (("--input", "image=3,-8"), "needs sizes such as 3,224,224"),
    "too many": (("--set", f"width={','.join(map(str, range(1001)))}"), "1,001 combinations of values"),
}


@pytest.mark.parametrize("case", LACKING)
def test_what_a_named_spec_has_no_place_for_is_wrong_usage(case: str, capsys: "Capsys") -> None:
    words, said = LACKING[case]
    Path("a.yaml").write_text(WIDE, encoding="utf-8")
    ran = run(capsys, "check", "a.yaml", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in flat(ran)


def test_the_only_input_needs_no_name_and_one_of_several_does(capsys: "Capsys") -> None:
    Path("a.yaml").write_text(TWO, encoding="utf-8")
    ran = run(capsys, "check", "a.yaml", "--input", "3,8,8")
    assert ran.code == 2
    assert "the spec has several inputs: write NAME=SHAPE; known here: image, mask" in flat(ran)


def test_in_a_folder_a_spec_that_lacks_it_is_said_and_only_a_slip_is_wrong(capsys: "Capsys") -> None:
    Path("a.yaml").write_text(WIDE, encoding="utf-8")
    Path("b.yaml").write_text(BIAS, encoding="utf-8")
    ran = run(capsys, "check", "--set", "width=64", "--freeze", "stem")
    assert told(ran) == ["AC701 (with width=64)", "AC301"]
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "b.yaml: checked without --set: the spec has no variable 'width'",
        "b.yaml: checked without --freeze: no layer fits 'stem'",
    ]
    slip = run(capsys, "check", "--set", "widht=64")
    assert slip.code == 2
    assert "in none of 2 specs: --set: the spec has no variable 'widht'" in flat(slip)


def test_a_pattern_may_fit_what_only_some_values_build(capsys: "Capsys") -> None:
    Path("a.yaml").write_text(WIDE, encoding="utf-8")
    assert run(capsys, "check", "a.yaml", "--set", "width=8,64", "--freeze", "late").code == 1
    assert run(capsys, "check", "a.yaml", "--set", "width=8", "--freeze", "late").code == 2


def test_a_suppression_that_written_values_need_is_not_called_unused(capsys: "Capsys") -> None:
    kept = "budgets: {params: 100}  # archcalc: ignore[AC701] known\n" + WIDE.partition("budgets")[0]
    Path("a.yaml").write_text(kept, encoding="utf-8")
    assert run(capsys, "check", "a.yaml").code == 0
    assert run(capsys, "check", "a.yaml", "--set", "width=1").code == 0
    Path("a.yaml").write_text(kept.replace("100}", "1M}"), encoding="utf-8")
    assert told(run(capsys, "check", "a.yaml")) == ["AC002"]


@pytest.mark.parametrize("option", ["--fix", "--diff"])
@pytest.mark.parametrize("words", [("--set", "width=64"), ("--input", "3,9,9"), ("--freeze", "stem")])
def test_nothing_is_mended_by_the_judgement_of_other_values(
    option: str, words: tuple[str, ...], capsys: "Capsys"
) -> None:
    text = WIDE.replace("bias: false", "bias: true")
    Path("a.yaml").write_text(text, encoding="utf-8")
    ran = run(capsys, "check", "a.yaml", option, *words)
    assert (ran.code, ran.out) == (2, "")
    assert "leave one out" in flat(ran)
    assert Path("a.yaml").read_text(encoding="utf-8") == text
    assert "--fix mends" not in run(capsys, "check", "a.yaml", *words).out


def test_many_files_are_checked_with_what_is_given_in_processes_too(capsys: "Capsys") -> None:
    for number in range(40):
        Path(f"{number:02}.yaml").write_text(WIDE, encoding="utf-8")
    assert told(run(capsys, "check", "--set", "width=64")) == ["AC701 (with width=64)"] * 40
    ran = run(capsys, "check", "--set", "widht=64", *(f"{number:02}.yaml" for number in range(40)))
    assert ran.code == 2
    assert "did you mean 'width'?" in flat(ran)


# names and severities


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (("--select", "bias-before-norm"), ["AC301"]),
        (("--select", "Budget-Exceeded,AC3"), ["AC301", "AC701"]),
        (("--ignore", "bias-before-norm"), ["AC701"]),
        (("--select", "AC1", "--extend-select", "budget-exceeded"), ["AC701"]),
        (("--select", "AC3", "--ignore", "bias-before-norm"), []),
        (("--min-severity", "error"), ["AC701"]),
        (("--min-severity", "warning"), ["AC301", "AC701"]),
        (("--min-severity", "info"), ["AC301", "AC701"]),
        (("--select", "AC301,AC605", "--min-severity", "error"), []),
    ],
)
def test_rules_are_selected_by_name_and_by_severity(
    words: tuple[str, ...], codes: list[str], capsys: "Capsys"
) -> None:
    Path("a.yaml").write_text(BIAS + "budgets: {params: 100}\n", encoding="utf-8")
    ran = run(capsys, "check", "a.yaml", *words)
    assert told(ran) == codes
    assert ran.code == bool(codes)


@pytest.mark.parametrize("option", ["--select", "--ignore", "--extend-select"])
def test_an_unknown_name_is_wrong_usage_with_the_nearest(option: str, capsys: "Capsys") -> None:
    ran = run(capsys, "check", option, "bias-befor-norm")
    assert ran.code == 2
    assert "unknown rule code 'bias-befor-norm'; did you mean 'bias-before-norm'?" in flat(ran)


def test_names_silence_in_settings_and_in_specs(capsys: "Capsys") -> None:
    Path("pyproject.toml").write_text('[tool.archcalc]\nignore = ["budget-exceeded"]\n', encoding="utf-8")
    Path("a.yaml").write_text(BUDGET, encoding="utf-8")
    Path("b.yaml").write_text(BIAS.replace("3}\n", "3, ignore: [bias-before-norm]}\n"), encoding="utf-8")
    Path("c.yaml").write_text(f"ignore: [bias-before-norm]\n{BIAS}", encoding="utf-8")
    remark = "3}  # archcalc: ignore[bias-before-norm] known\n"
    Path("d.yaml").write_text(BIAS.replace("3}\n", remark), encoding="utf-8")
    assert run(capsys, "check").out == "4 specs checked: no findings\n"
    Path("d.yaml").write_text(GOOD.replace("false}\n", f"false{remark[1:]}"), encoding="utf-8")
    ran = run(capsys, "check", "d.yaml")
    assert told(ran) == ["AC002"]
    assert "bias-before-norm is ignored here, but nothing of it is found" in ran.out


UNUSED = GOOD.replace("false}", "false, ignore: [AC301]}")
UNKNOWN = GOOD.replace("false}", "false, ignore: [AC999]}")


@pytest.mark.parametrize("silenced", ["{code}", "{name}", "AC0", "AC"])
@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        (BROKEN, "AC001", "untraceable"),
        (UNUSED, "AC002", "unused-suppression"),
        (UNKNOWN, "AC003", "unknown-code"),
    ],
    ids=["AC001", "AC002", "AC003"],
)
@pytest.mark.parametrize("selected", [(), ("--select", "AC0,AC301")], ids=["default", "selected"])
def test_settings_of_a_file_silence_the_rules_of_the_engine_too(
    selected: tuple[str, ...], text: str, code: str, name: str, silenced: str, capsys: "Capsys"
) -> None:
    Path("old").mkdir()
    Path("old/a.yaml").write_text(text, encoding="utf-8")
    Path("a.yaml").write_text(text, encoding="utf-8")
    assert told(run(capsys, "check", *selected)) == [code, code]
    ignores = f'[tool.archcalc.per-file-ignores]\n"old/*" = ["{silenced.format(code=code, name=name)}"]\n'
    Path("pyproject.toml").write_text(ignores, encoding="utf-8")
    _forget()
    ran = run(capsys, "check", *selected)
    assert re.findall(r"^(\S+):\d+:\d+: ", ran.out, re.MULTILINE) == ["a.yaml"]


@pytest.mark.parametrize(
    "settings",
    ['select = ["AC301"]', 'extend-select = ["AC301"]', 'extend-select = ["bias-before-norm"]', ""],
)
def test_settings_of_a_file_hold_whatever_is_selected(settings: str, capsys: "Capsys") -> None:
    ignores = '[tool.archcalc.per-file-ignores]\n"old/*" = ["AC3"]\n'
    Path("pyproject.toml").write_text(f"[tool.archcalc]\n{settings}\n{ignores}", encoding="utf-8")
    Path("old").mkdir()
    Path("old/a.yaml").write_text(BIAS, encoding="utf-8")
    assert run(capsys, "check").code == 0
    assert run(capsys, "check", "--select", "AC301").code == 0


def test_settings_are_those_of_the_folder_that_is_meant(
    capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("here", "there/old"):
        Path(folder).mkdir(parents=True)
    Path("here/pyproject.toml").write_text('[tool.archcalc]\nselect = ["AC7"]\n', encoding="utf-8")
    ignores = '[tool.archcalc.per-file-ignores]\n"old/*" = ["AC3"]\n'
    Path("there/pyproject.toml").write_text(ignores, encoding="utf-8")
    Path("there/old/a.yaml").write_text(BIAS, encoding="utf-8")
    Path("there/b.yaml").write_text(BIAS, encoding="utf-8")
    monkeypatch.chdir("here")
    ran = run(capsys, "check", os.path.join("..", "there", "old", "a.yaml"), "../there/b.yaml")  # noqa: PTH118
    assert re.findall(r"^(\S+):\d+:\d+: ", ran.out, re.MULTILINE) == ["../there/b.yaml"]
    Path("../b.yaml").write_text(BIAS, encoding="utf-8")
    assert told(run(capsys, "check", "../b.yaml")) == ["AC301"]


def _forget() -> None:
    from archcalc.rules.settings import forget_settings

    forget_settings()


# less to say


def test_quiet_prints_the_findings_and_nothing_else(capsys: "Capsys") -> None:
    Path("a.yaml").write_text(f"{GOOD}  - {{type: Sigmoid}}\n", encoding="utf-8")  # noted: there is no loss
    assert run(capsys, "check", "a.yaml").err
    assert run(capsys, "check", "--quiet", "a.yaml") == (0, "", "")
    Path("c.yaml").write_text("a: !x 1\n", encoding="utf-8")
    Path("b.yaml").write_text(BIAS, encoding="utf-8")
    loud, quiet = run(capsys, "check"), run(capsys, "check", "-q")
    assert (
        loud.out == f"{quiet.out}2 specs checked, 1 other YAML file passed over: 1 warning; --fix mends 1\n"
    )
    assert (loud.code, quiet.code) == (1, 1)
    counted = run(capsys, "check", "-q", "--statistics")
    assert counted.out == "1  AC301  bias-before-norm\n"
