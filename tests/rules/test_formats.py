"""Findings for machines: JSON, annotations of GitHub, code quality of GitLab, SARIF, JUnit; and in lines."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from jsonschema import ValidationError, validate

from archcalc.errors import Place
from archcalc.render.finding_formats import findings_github, findings_gitlab
from archcalc.render.findings import Ink, finding_text
from archcalc.render.junit import findings_junit
from archcalc.render.sarif import findings_sarif
from archcalc.rules.engine.report import FileReport, Reported
from archcalc.rules.registry import RULES, rules
from tests.cli.running import run
from tests.rules.sarif_schema import SCHEMA
from tests.rules.specs import BIAS, BROKEN, BUDGET, GOOD

if TYPE_CHECKING:
    from pytest import CaptureFixture  # noqa: PT013  only for checkers

PAGES = Path(__file__).parent.parent.parent / "docs" / "rules.md"
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


def test_github_annotations_end_with_the_page_where_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "rules.md" not in "".join(findings_github([found("a.yaml", "b")]))
    monkeypatch.setenv("ARCHCALC_PAGES", "https://x/rules.md")
    (line,) = findings_github([found("a.yaml", "b")])
    assert line.endswith("%0Ahttps://x/rules.md#ac301-bias-before-norm\n")


def test_github_annotations_escape_what_would_end_them() -> None:
    text = "".join(findings_github([found("a,b:c%.yaml", "50 %: one\r\ntwo, three::")]))
    assert text == (
        "::notice file=a%2Cb%3Ac%25.yaml,line=3,col=5,endColumn=6,title=AC301 bias-before-norm::"
        "a,b: c: 50 %25: one\\r%0Atwo, three::\n"
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


def test_every_rule_has_the_address_of_its_page(
    capsys: "CaptureFixture[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    headings = re.findall(r"^## (AC\d{3} \S+)$", PAGES.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = [heading.lower().replace(" ", "-") for heading in headings]
    for home in (PAGES.as_uri(), "https://git.example.org/blob/main/docs/rules.md"):
        if home.startswith("https"):
            monkeypatch.setenv("ARCHCALC_PAGES", home)
        (driver,) = (each["tool"]["driver"] for each in parsed(capsys, "sarif")["runs"])
        assert [rule["helpUri"] for rule in driver["rules"]] == [f"{home}#{anchor}" for anchor in anchors]
        page = f"{home}#ac301-bias-before-norm"
        assert parsed(capsys, "json")["findings"][0]["page"] == page
        assert parsed(capsys, "gitlab")[0]["content"]["body"].endswith(f"\n\n{page}")


def test_a_terminal_opens_the_page_and_a_file_stays_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("ARCHCALC_PAGES", "https://x/rules.md")
    (one,) = found("a", "b").findings
    link = "\x1b]8;;https://x/rules.md#ac301-bias-before-norm\x1b\\\x1b[1mAC301\x1b[0m\x1b]8;;\x1b\\"
    assert finding_text(one, Ink.of(terminal=True)).startswith(f"a:3:5: {link} ")
    assert finding_text(one, Ink.of(terminal=False)).startswith("a:3:5: AC301 ")


def test_concise_has_a_line_for_each(capsys: "CaptureFixture[str]") -> None:
    ran = run(capsys, "check", "--output-format", "concise")
    assert ran.code == 1
    bias, broken, budget, summary = ran.out.splitlines()
    assert bias == (
        "a b.yaml:3:5: AC301 [warning] conv2d_0 (Conv2d): its bias of 8 numbers has no effect:"
        " only batchnorm2d_0 (BatchNorm2d) reads it"
    )
    assert broken.startswith("broken.yaml:3:37: AC001 [error] ")
    assert budget.startswith("budget.yaml:4:19: AC701 [error] ")
    assert summary.startswith("5 specs checked, ")


GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^[^./][^\\]*$"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab documents of a code quality report: relative paths without ``./``, distinct fingerprints."""


def test_gitlab_has_the_fields_that_are_documented(capsys: "CaptureFixture[str]") -> None:
    report = parsed(capsys, "gitlab")
    validate(report, GITLAB)
    assert [(each["check_name"], each["severity"], each["location"]["path"]) for each in report] == [
        ("AC301", "minor", "a b.yaml"),
        ("AC001", "critical", "broken.yaml"),
        ("AC701", "critical", "budget.yaml"),
    ]
    assert [each["location"]["lines"]["begin"] for each in report] == [3, 3, 4]
    assert report[2]["description"].startswith("AC701 budget-exceeded: budgets.params: 224 params")
    validate(json.loads("".join(findings_gitlab([found("a", "no place", line=0)]))), GITLAB)


def test_fingerprints_differ_and_stay_when_lines_move(capsys: "CaptureFixture[str]") -> None:
    conv = "  - {type: Conv2d, out_channels: 3, kernel_size: 3}\n  - BatchNorm2d\n"
    twice = f"inputs: {{image: [3, 16, 16]}}\nlayers:\n{conv}"
    Path("a b.yaml").write_text(twice + conv, encoding="utf-8")
    before = [each["fingerprint"] for each in parsed(capsys, "gitlab")]
    assert len(set(before)) == len(before) == 4
    Path("a b.yaml").write_text(f"# one\n\n# more\n{twice}{conv}", encoding="utf-8")
    assert [each["fingerprint"] for each in parsed(capsys, "gitlab")] == before
    report = findings_gitlab([FileReport("a", findings=found("a", "b").findings * 3)])
    assert len({each["fingerprint"] for each in json.loads("".join(report))}) == 3


def suites(text: str) -> Element:
    """The document, when its counts are those of its elements."""
    top = fromstring(text)  # noqa: S314  our own output
    assert top.tag == "testsuites"
    for each in (top, *top.findall("testsuite")):
        cases = list(each.iter("testcase"))
        counts = [sum(case.find(tag) is not None for case in cases) for tag in ("failure", "skipped")]
        assert [each.get(key) for key in ("tests", "failures", "skipped")] == list(
            map(str, (len(cases), *counts))
        )
    return top


def test_junit_has_a_suite_for_each_spec_and_a_failure_for_each_finding(
    capsys: "CaptureFixture[str]",
) -> None:
    ran = run(capsys, "check", "--output-format", "junit")
    assert ran.code == 1
    assert ran.out.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    top = suites(ran.out)
    assert [suite.get("name") for suite in top] == [name for name in SPECS if name != "other.yaml"]
    told = [
        [(case.get("line"), child.tag, child.get("type") or child.get("message")) for child in case]
        for case in top.iter("testcase")
    ]
    assert told == [
        [("3", "failure", "AC301")],
        [("3", "failure", "AC001")],
        [("4", "failure", "AC701")],
        [],
        [("3", "skipped", "so are the weights")],
    ]
    failure = next(top.iter("failure"))
    assert (failure.get("message") or "").startswith("conv2d_0 (Conv2d): its bias of 8 numbers")
    assert (failure.text or "").startswith("a b.yaml:3:5\nconv2d_0")
    assert "write bias: false" in (failure.text or "")


def test_junit_tells_findings_of_one_place_apart(capsys: "CaptureFixture[str]") -> None:
    """What reads it takes two tests of one name for one."""
    Path("one.yaml").write_text("vars: {width: 8}\n" + BIAS.replace("8", "=width", 1), encoding="utf-8")
    ran = run(capsys, "check", "one.yaml", "--set", "width=8,16", "--output-format", "junit")
    names = [case.get("name", "") for case in fromstring(ran.out).iter("testcase")]  # noqa: S314  our own output
    assert [name.rpartition(" (")[2] for name in names] == ["with width=8)", "with width=16)"]


def test_junit_of_odd_texts_can_be_read() -> None:
    text = "".join(findings_junit([found('<&>".yaml', "\x00\x1b]]>\ud800\ufffe ä & <b>", line=0)]))
    failure = next(suites(text).iter("failure"))
    assert failure.get("message") == "a,b: c: \\x00\\x1b]]>\\ud800\ufffd ä & <b>"


@pytest.mark.parametrize("option", ["--diff", "--statistics"])
def test_text_only_options_are_wrong_usage_with_documents(option: str, capsys: "CaptureFixture[str]") -> None:
    ran = run(capsys, "check", option, "--output-format", "json")
    assert ran.code == 2
    assert "text only" in re.sub(r"\s+", " ", ran.err)
