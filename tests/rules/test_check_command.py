"""``archcalc check``: options, exit codes, which files are specs, settings, order."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcalc.rules.engine import checking
from archcalc.rules.registry import rule
from tests.cli.running import run, run_fresh
from tests.rules.specs import BIAS, BROKEN, BUDGET, GOOD, HEAD, NO_YAML

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.rules.language import Context, Findings, Rule
    from tests.cli.running import Ran

    Capsys = pytest.CaptureFixture[str]


ROOT = str(Path(__file__).parent.parent.parent)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(files: "Mapping[str, str]") -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


def places(ran: "Ran") -> list[str]:
    """Places and codes of the findings in a text report."""
    return re.findall(r"^(\S+:\d+:\d+: AC\d{3}) ", ran.out, re.MULTILINE)


def test_findings_are_shown_with_line_caret_consequence_and_help(capsys: "Capsys") -> None:
    put({"a.yaml": BIAS})
    ran = run(capsys, "check", "a.yaml")
    assert ran.code == 1
    assert ran.out == (
        "a.yaml:3:5: AC301 [warning] conv2d_0 (Conv2d): its bias of 8 numbers has no effect:"
        " only batchnorm2d_0 (BatchNorm2d) reads it\n"
        "    - {type: Conv2d, out_channels: 8, kernel_size: 3}\n"
        "      ^\n"
        "  the mean of each channel is subtracted, and the bias with it: its gradient is 0\n"
        "  help: write bias: false: the normalisation has a shift of its own\n"
        "\n"
        "1 spec checked: 1 warning; --fix mends 1\n"
    )
    assert not ran.err


def test_the_caret_is_below_the_value_and_as_wide(capsys: "Capsys") -> None:
    put({"a.yaml": BUDGET})
    lines = run(capsys, "check", "a.yaml").out.splitlines()
    assert lines[1] == "    budgets: {params: 100}"
    assert lines[2] == "                      ^^^"


def test_a_clean_spec_exits_with_0(capsys: "Capsys") -> None:
    put({"a.yaml": GOOD})
    ran = run(capsys, "check", "a.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "1 spec checked: no findings\n", "")


def test_what_cannot_be_traced_is_a_finding_for_every_error(capsys: "Capsys") -> None:
    put({"a.yaml": BROKEN + "  - {type: Linear, out_feature: 3}\n"})
    ran = run(capsys, "check", "a.yaml")
    assert ran.code == 1
    assert places(ran) == ["a.yaml:3:37: AC001", "a.yaml:4:20: AC001"]
    assert "did you mean 'kernel_size'?" in ran.out


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ((), ["AC301", "AC701"]),
        (("--select", "AC301"), ["AC301"]),
        (("--select", "AC7,AC301"), ["AC301", "AC701"]),
        (("--select", "AC1"), []),
        (("--select", "AC1", "--extend-select", "AC70"), ["AC701"]),
        (("--ignore", "AC3"), ["AC701"]),
        (("--ignore", "AC3", "--ignore", "AC7"), []),
        (("--select", "AC301", "--ignore", "AC3"), ["AC301"]),
        (("--select", "AC3", "--ignore", "AC301"), []),
        (("--select", "AC301", "--ignore", "AC301"), []),
        (("--select", "AC"), ["AC301", "AC701"]),
    ],
)
def test_rules_are_selected_the_longest_code_wins(
    options: tuple[str, ...], codes: list[str], capsys: "Capsys"
) -> None:
    put({"a.yaml": BIAS + "budgets: {params: 100}\n"})
    ran = run(capsys, "check", "a.yaml", *options)
    assert [place[-5:] for place in places(ran)] == codes
    assert ran.code == bool(codes)


def test_a_spec_that_is_not_traced_is_told_whatever_is_selected(capsys: "Capsys") -> None:
    put({"a.yaml": BROKEN})
    assert run(capsys, "check", "a.yaml", "--select", "AC301").code == 1
    assert run(capsys, "check", "a.yaml", "--ignore", "AC0").code == 1
    assert run(capsys, "check", "a.yaml", "--ignore", "AC001").code == 0


@pytest.mark.parametrize("option", ["--select", "--ignore", "--extend-select"])
@pytest.mark.parametrize(("code", "hint"), [("AC391", "AC301"), ("ac301", "AC301"), ("AC9", "AC"), ("X", "")])
def test_an_unknown_code_is_wrong_usage(option: str, code: str, hint: str, capsys: "Capsys") -> None:
    put({"a.yaml": GOOD})
    ran = run(capsys, "check", "a.yaml", option, code)
    assert ran.code == 2
    assert f"unknown rule code '{code}'" in ran.err
    assert hint in ran.err


@pytest.mark.parametrize("path", ["none.yaml", "none/", "resnet81"])
def test_a_missing_path_is_wrong_usage(path: str, capsys: "Capsys") -> None:
    ran = run(capsys, "check", path)
    assert ran.code == 2
    assert "no such file" in ran.err
    assert ("'resnet18'" in ran.err) == (path == "resnet81")


def test_exit_zero_shows_findings_all_the_same(capsys: "Capsys") -> None:
    put({"a.yaml": BIAS})
    ran = run(capsys, "check", "--exit-zero", "a.yaml")
    assert ran.code == 0
    assert places(ran) == ["a.yaml:3:5: AC301"]


def test_statistics_count_by_rule(capsys: "Capsys") -> None:
    put({"a.yaml": BIAS, "b.yaml": BIAS, "c.yaml": BUDGET})
    ran = run(capsys, "check", "--statistics")
    assert ran.code == 1
    assert ran.out == (
        "2  AC301  bias-before-norm\n1  AC701  budget-exceeded\n"
        "3 specs checked: 1 error, 2 warnings; --fix mends 2\n"
    )


def test_standard_input_is_checked(capsys: "Capsys") -> None:
    ran = run_fresh("check", "-", stdin=BIAS, PYTHONPATH=ROOT)
    assert ran.code == 1
    assert places(ran) == ["<stdin>:3:5: AC301"]
    refused = run(capsys, "check", "-", "--fix")
    assert refused.code == 2
    assert "--diff" in refused.err


def test_shipped_specs_are_checked_by_name_and_never_changed(capsys: "Capsys") -> None:
    assert run(capsys, "check", "resnet18", "lenet5").out == "2 specs checked: no findings\n"


# which files are specs


OTHER = {
    "values.yaml": "replicas: 3\nimage: {tag: x}\n",
    "layers_only.yaml": "layers: [a, b]\n",
    "nested.yaml": "model:\n  inputs: {x: [3]}\n  layers: [ReLU]\n",
    "list.yaml": "- inputs\n- layers\n",
    "template.yaml": "{{- if .Values.inputs }}\nkind: {{ .layers }}\n",
    "two.yaml": "inputs: 1\n---\nlayer: 2\n",
    "tag.yaml": "Resources: !Ref layers\n",
    "empty.yaml": "",
    "binary.yml": "\0\1inputs:layers:",
}


def test_other_yaml_is_passed_over_silently(capsys: "Capsys") -> None:
    put({**{f"all/{name}": text for name, text in OTHER.items()}, "all/spec.yml": GOOD})
    ran = run(capsys, "check", "all")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"1 spec checked, {len(OTHER)} other YAML files passed over: no findings\n"


@pytest.mark.parametrize("name", OTHER)
def test_other_yaml_that_is_named_is_judged_and_passed_over_only_on_demand(
    name: str, capsys: "Capsys"
) -> None:
    put({name: OTHER[name]})
    assert all(place.endswith("AC001") for place in places(run(capsys, "check", name)))
    assert run(capsys, "check", name).code == 1
    assert run(capsys, "check", ".", name).code == 1, "the folder finds it first"
    assert run(capsys, "check", name, ".").code == 1
    passed = run(capsys, "check", "--specs-only", name)
    assert (passed.code, passed.err) == (0, "")
    assert passed.out == "0 specs checked, 1 other YAML file passed over: no findings\n"


def test_a_text_that_is_meant_as_a_spec_is_told_when_it_is_no_yaml(capsys: "Capsys") -> None:
    put({"all/bad.yaml": NO_YAML, "all/good.yaml": GOOD})
    ran = run(capsys, "check", "all")
    assert ran.code == 1
    assert [place[:-7] for place in places(ran)] == [f"all{os.sep}bad.yaml:2:1"]


def test_a_spec_in_json_is_a_spec(capsys: "Capsys") -> None:
    put(
        {"a.yaml": json.dumps({"inputs": {"x": [3, 8, 8]}, "layers": ["ReLU"], "budgets": {"params": "> 1"}})}
    )
    assert "AC701" in run(capsys, "check", "a.yaml").out


def test_folders_are_walked_but_for_hidden_ones_and_other_files(capsys: "Capsys") -> None:
    names = ("b.yaml", "a/z.yml", "a/A.YAML", ".git/x.yaml", "node_modules/x.yaml", "a/x.txt", "c/.d/x.yaml")
    put(dict.fromkeys(names, BIAS))
    ran = run(capsys, "check")
    assert [place.split(":")[0] for place in places(ran)] == ["b.yaml", f"a{os.sep}A.YAML", f"a{os.sep}z.yml"]


def test_a_file_that_is_named_twice_is_checked_once(capsys: "Capsys") -> None:
    put({"a/b.yaml": BIAS})
    assert len(places(run(capsys, "check", "a/b.yaml", "a", "./a/b.yaml"))) == 1


# settings


def test_settings_come_from_the_nearest_pyproject(capsys: "Capsys") -> None:
    put(
        {
            "pyproject.toml": '[tool.archcalc]\nignore = ["AC3"]\n',
            "a.yaml": BIAS,
            "sub/pyproject.toml": '[tool.archcalc]\nselect = ["AC7"]\n',
            "sub/b.yaml": BIAS + "budgets: {params: 9}\n",
            "other/pyproject.toml": '[tool.ruff]\nselect = ["AC7"]\n',
            "other/c.yaml": BIAS,
        }
    )
    assert [place[-5:] for place in places(run(capsys, "check"))] == ["AC701"]
    assert [place[-5:] for place in places(run(capsys, "check", "--select", "AC3"))] == ["AC301"]


def test_settings_per_file(capsys: "Capsys") -> None:
    put(
        {
            "pyproject.toml": '[tool.archcalc.per-file-ignores]\n"old/*.yaml" = ["AC301"]\n"b*" = ["AC3"]\n',
            "old/a.yaml": BIAS,
            "new/a.yaml": BIAS,
            "new/b.yaml": BIAS,
        }
    )
    assert [place[:10] for place in places(run(capsys, "check"))] == [f"new{os.sep}a.yaml"]


def test_exclude_holds_for_files_that_are_named_too(capsys: "Capsys") -> None:
    put({"pyproject.toml": '[tool.archcalc]\nexclude = ["old"]\n', "old/a.yaml": BIAS, "b.yaml": GOOD})
    assert run(capsys, "check").out == "1 spec checked: no findings\n"
    named = run(capsys, "check", "old/a.yaml", "b.yaml")
    assert named.code == 0
    assert "old/a.yaml: passed over: `exclude`" in named.err


def test_include_says_that_files_are_specs(capsys: "Capsys") -> None:
    put({"pyproject.toml": '[tool.archcalc]\ninclude = ["nets/*"]\n', "nets/a.net": "layers: [ReLU]\n"})
    ran = run(capsys, "check")
    assert ran.code == 1
    assert "`inputs` is missing" in ran.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[tool.archcalc]\nselct = ["AC3"]\n', "did you mean 'select'?"),
        ('[tool.archcalc]\nselect = ["AC999"]\n', "unknown rule code 'AC999'"),
        ('[tool.archcalc]\nselect = "AC3"\n', "select needs a list of texts"),
        ("[tool.archcalc]\nper-file-ignores = 3\n", "per-file-ignores needs a table"),
        ('[tool.archcalc.per-file-ignores]\na = "AC3"\n', "per-file-ignores needs a list"),
        ("[tool.archcalc\n", "not TOML"),
        ("[tool]\narchcalc = 3\n", "needs to be a table"),
    ],
)
def test_wrong_settings_are_wrong_usage(text: str, words: str, capsys: "Capsys") -> None:
    put({"pyproject.toml": text, "a.yaml": GOOD})
    ran = run(capsys, "check")
    assert ran.code == 2
    flat = re.sub(r"[\s│]+", " ", ran.err)
    assert words in flat
    assert "pyproject.toml" in flat.replace(" ", "")


# colours


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.render.findings import Ink

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Ink.of(terminal=True)("x", "error") == "\x1b[31mx\x1b[0m"
    assert Ink.of(terminal=False)("x", "error") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Ink.of(terminal=True)("x", "error") == "x"


# many files


def test_many_files_are_told_in_their_order_and_a_broken_one_stops_nothing(capsys: "Capsys") -> None:
    texts = {3: BROKEN, 17: NO_YAML, 30: BUDGET, 41: "\0", 55: GOOD}
    put({f"n/{number:03}.yaml": texts.get(number, BIAS) for number in range(70)})
    ran = run(capsys, "check", "n")
    found = places(ran)
    assert found == sorted(found)
    assert len(found) == 68
    assert ran.out.endswith(
        "69 specs checked, 1 other YAML file passed over: 3 errors, 65 warnings; --fix mends 65\n"
    )
    alone = run_fresh("check", "n", PYTHONPATH=ROOT)
    assert alone.out == ran.out


def test_processes_are_used_where_they_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.rules.engine import running
    from archcalc.rules.engine.targets import Task

    asked: list[int] = []

    def spread(_work: object, _tasks: object, processes: int) -> list[object]:
        asked.append(processes)
        return []

    monkeypatch.setattr(running, "_cores", lambda: 4)
    monkeypatch.setattr(running, "_spread", spread)
    tasks = [Task(f"{number}.yaml", frozenset()) for number in range(100)]
    for count in (1, 31, 32, 100):
        list(running.run(tasks[:count]))
    assert asked == [2, 4]


def test_a_selection_of_nothing_is_wrong_usage(capsys: "Capsys") -> None:
    put({"a.yaml": BIAS})
    ran = run(capsys, "check", "a.yaml", "--select", " , ")
    assert ran.code == 2
    assert "no code was given" in ran.err
    assert run(capsys, "check", "a.yaml", "--ignore", "", "--extend-select", "").code == 1


@pytest.mark.parametrize(
    "written",
    [b"\xef\xbb\xbf" + BIAS.encode(), b"\xef\xbb\xbf" + NO_YAML.encode(), BIAS.replace("\n", "\r").encode()],
    ids=["byte order mark", "byte order mark, broken", "lines that end with CR alone"],
)
def test_a_spec_is_one_whatever_its_first_bytes_and_line_ends(capsys: "Capsys", written: bytes) -> None:
    Path("a.yaml").write_bytes(written)
    ran = run(capsys, "check")
    assert ran.code == 1
    assert "1 spec checked" in ran.out


@pytest.mark.parametrize(("repeat", "words"), [(2, "in 1 more layer built"), (3, "in 2 more layers built")])
def test_layers_of_one_entry_are_counted_in_words(capsys: "Capsys", repeat: int, words: str) -> None:
    unit = "layers: [{type: Conv2d, out_channels: 3, kernel_size: 3}, BatchNorm2d]"
    put({"a.yaml": f"{HEAD}  - {{type: Sequential, repeat: {repeat}, {unit}}}\n"})
    assert words in run(capsys, "check", "a.yaml").out


def test_a_text_that_quotes_a_spec_is_none(capsys: "Capsys") -> None:
    put({"README.md": f"# Specs\n\n```yaml\n{GOOD}```\n", "model.txt": BIAS})
    assert places(run(capsys, "check", "--specs-only", "README.md", "model.txt")) == ["model.txt:3:5: AC301"]
    assert len(places(run(capsys, "check", "README.md", "model.txt"))) > 1


def test_a_fault_of_a_rule_loses_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: "Capsys"
) -> None:
    """A rule that raises is told of its file; other rules and other files have their findings."""

    def broken(context: "Context") -> "Findings":
        if context.model.spec.name == "bad":
            raise RuntimeError("no such thing")
        return iter(())

    holed = "layers:\n  - {type: Conv1d, out_channels: 4, kernel_size: 3, dilation: 2}\n"
    for name in ("bad", "other"):
        text = f"name: {name}\ninputs: {{x: [4, 32]}}\n{holed}"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    with_fault = replace(rule("AC305"), check=broken)

    def with_one_broken(code: str) -> "Rule":
        return with_fault if code == "AC305" else rule(code)

    monkeypatch.setattr(checking, "rule", with_one_broken)
    ran = run(capsys, "check", str(tmp_path))
    assert ran.code == 1
    assert "AC001 [error] AC305 did not judge this, for a fault in archcalc itself: RuntimeError" in ran.out
    assert ran.out.count("AC201 [warning]") == 2
    assert ran.out.endswith("2 specs checked: 1 error, 2 warnings\n")
