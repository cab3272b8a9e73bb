"""Findings for machines: JSON, GitHub's annotations, SARIF."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import ValidationError, validate

from archcalc.errors import Place
from archcalc.render.finding_formats import findings_github
from archcalc.render.sarif import findings_sarif
from archcalc.rules.engine.report import FileReport, Reported
from archcalc.rules.registry import RULES, rules
from tests.cli.running import run
from tests.rules.sarif_schema import SCHEMA
from tests.rules.specs import BIAS, BROKEN, BUDGET, GOOD

if TYPE_CHECKING:
    from pytest import CaptureFixture  # noqa: PT013  only for checkers

SPECS = {
    "a b.yaml": BIAS,
    "broken.yaml": BROKEN,
    "budget.yaml": BUDGET,
    "good.yaml": GOOD,
    "kept.yaml": BIAS.replace("3}\n", "3}  # archcalc: ignore[AC301] so are the weights\n"),
    "other.yaml": "a: 1\n",
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in SPECS.items():
        Path(name).write_text(text, encoding="utf-8")


def parsed(capsys: "CaptureFixture[str]", form: str, *arguments: str) -> Any:  # noqa: ANN401  any JSON
    ran = run(capsys, "check", "--output-format", form, *arguments)
    assert ran.code == 1
    assert not ran.err
    return json.loads(ran.out)


def test_json_holds_everything(capsys: "CaptureFixture[str]") -> None:
    document = parsed(capsys, "json")
    assert document["schema_version"] == 1
    assert (document["checked"], document["passed_over"]) == (5, 1)
    assert [(each["file"], each["code"], each["line"], each["column"]) for each in document["findings"]] == [
        ("a b.yaml", "AC301", 3, 5),
        ("broken.yaml", "AC001", 3, 37),
        ("budget.yaml", "AC701", 4, 19),
    ]
    assert document["findings"][2]["end_column"] == 22
    assert document["findings"][0]["fixable"]
    (kept,) = document["suppressed"]
    assert (kept["file"], kept["reason"]) == ("kept.yaml", "so are the weights")
    assert document["fixed"] == {}
    assert parsed(capsys, "json", "--fix")["fixed"] == {"AC301": 1}


def test_the_documentation_names_every_field_of_the_json(capsys: "CaptureFixture[str]") -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "check.md").read_text(encoding="utf-8")
    document = parsed(capsys, "json")
    for field in (*document, *document["findings"][0], *document["suppressed"][0]):
        assert f"`{field}`" in text


def test_github_annotations_have_file_line_and_column(capsys: "CaptureFixture[str]") -> None:
    ran = run(capsys, "check", "--output-format", "github")
    lines = ran.out.splitlines()
    assert ran.code == 1
    assert len(lines) == 3
    head = "::warning file=a b.yaml,line=3,col=5,endColumn=6,title=AC301 bias-before-norm::"
    assert lines[0].startswith(f"{head}conv2d_0 (Conv2d): its bias of 8 numbers")
    assert "reads it%0Athe mean of each channel" in lines[0]
    assert lines[2].startswith(
        "::error file=budget.yaml,line=4,col=19,endColumn=22,title=AC701 budget-exceeded::"
    )
    assert "(124.0%25) more" in lines[2]


def found(file: str, message: str, line: int = 3) -> FileReport:
    place = Place(file, line, 5 if line else 0)
    one = Reported(place, 6, "AC301", "bias-before-norm", "info", "a,b: c", message, "", "", "x")
    return FileReport(file, findings=(one,))


def test_github_annotations_escape_what_would_end_them() -> None:
    text = "".join(findings_github([found("a,b:c%.yaml", "50 %: one\r\ntwo, three::")]))
    assert text == (
        "::notice file=a%2Cb%3Ac%25.yaml,line=3,col=5,endColumn=6,title=AC301 bias-before-norm::"
        "a,b: c: 50 %25: one%0D%0Atwo, three::\n"
    )
    assert (
        "".join(findings_github([found("a", "b", line=0)]))
        == "::notice file=a,title=AC301 bias-before-norm::a,b: c: b\n"
    )


def test_sarif_is_valid_and_holds_findings_and_suppressions(capsys: "CaptureFixture[str]") -> None:
    log = parsed(capsys, "sarif")
    validate(log, SCHEMA)
    (only,) = log["runs"]
    driver = only["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    assert [rule["defaultConfiguration"]["enabled"] for rule in driver["rules"]] == [
        rule.severity != "info" for rule in rules()
    ]
    results = only["results"]
    assert [result["ruleId"] for result in results] == ["AC301", "AC001", "AC701", "AC301"]
    for result in results:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    physical = results[0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "a%20b.yaml"
    assert (physical["region"]["startLine"], physical["region"]["startColumn"]) == (3, 5)
    assert [result.get("suppressions") for result in results[:3]] == [None] * 3
    assert results[3]["suppressions"] == [{"kind": "inSource", "justification": "so are the weights"}]


def test_sarif_of_odd_files_is_valid() -> None:
    log = json.loads("".join(findings_sarif([found("/ä/b c.yaml", "x"), found("d", "y", line=0)])))
    validate(log, SCHEMA)
    first, second = (result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"])
    assert first["artifactLocation"]["uri"] == "file:///%C3%A4/b%20c.yaml"
    assert "region" not in second


def test_the_schema_refuses_what_the_standard_does() -> None:
    log = json.loads("".join(findings_sarif([found("a", "b")])))
    for path, value in ((("version",), "2.2.0"), (("runs", 0, "results", 0, "level"), "info")):
        broken = json.loads(json.dumps(log))
        at = broken
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        with pytest.raises(ValidationError):
            validate(broken, SCHEMA)


@pytest.mark.parametrize("option", ["--diff", "--statistics"])
def test_text_only_options_are_wrong_usage_with_documents(option: str, capsys: "CaptureFixture[str]") -> None:
    ran = run(capsys, "check", option, "--output-format", "json")
    assert ran.code == 2
    assert "text only" in re.sub(r"\s+", " ", ran.err)
