"""A baseline: known findings pass wherever their lines have gone, new ones fail."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest

from archcalc.errors import Place
from archcalc.rules.engine.baseline import identity
from archcalc.rules.engine.report import Reported
from tests.cli.running import run
from tests.disks import full_disk
from tests.rules.specs import BIAS, BROKEN, BUDGET, GOOD

if TYPE_CHECKING:
    from tests.cli.running import Ran

    Capsys = pytest.CaptureFixture[str]

WITH = ("--baseline", "known.json")
CONV = "  - {type: Conv2d, out_channels: 8, kernel_size: 3}\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def places(ran: "Ran") -> list[str]:
    return re.findall(r"^(\S+:\d+:\d+: AC\d{3}) ", ran.out, re.MULTILINE)


def test_known_findings_pass_and_new_ones_fail(capsys: "Capsys") -> None:
    put("a.yaml", BIAS)
    put("b.yaml", BROKEN)
    wrote = run(capsys, "check", *WITH, "--write-baseline")
    assert wrote == (0, "", "2 findings written to known.json: known from now on\n")
    ran = run(capsys, "check", *WITH)
    assert ran == (0, "2 specs checked, 2 known findings left out: no findings\n", "")
    put("a.yaml", BIAS + "budgets: {params: 100}\n")
    again = run(capsys, "check", *WITH)
    assert (again.code, places(again)) == (1, ["a.yaml:5:19: AC701"])


MOVED: dict[str, tuple[str, list[str]]] = {
    "the same": (BIAS, []),
    "moved": (f"# one\n\n{BIAS}# more\n", []),
    "layers around": (BIAS.replace("  - BatchNorm2d", "  - BatchNorm2d\n  - ReLU"), []),
    "layers in front": (BIAS.replace("layers:\n", f"layers:\n{CONV}  - ReLU\n"), []),
    "one more of its kind in front": (
        BIAS.replace("layers:\n", f"layers:\n{CONV}  - BatchNorm2d\n  - ReLU\n"),
        ["AC301"],
    ),
    "another number": (BIAS.replace("8", "16"), ["AC301"]),
    "another layer": (BIAS.replace("kernel_size", "name: stem, kernel_size"), ["AC301"]),
    "once more": (
        BIAS + "  - ReLU\n" + CONV + "  - BatchNorm2d\n",
        ["AC301"],
    ),
    "broken": (BROKEN, ["AC001"]),
}


@pytest.mark.parametrize("case", MOVED)
def test_a_finding_is_known_by_layer_and_words_and_not_by_its_line(case: str, capsys: "Capsys") -> None:
    text, codes = MOVED[case]
    put("a.yaml", BIAS)
    run(capsys, "check", *WITH, "--write-baseline")
    put("a.yaml", text)
    ran = run(capsys, "check", *WITH)
    assert [place[-5:] for place in places(ran)] == codes
    assert ran.code == bool(codes)


def test_errors_of_entries_are_known_when_their_index_has_moved(capsys: "Capsys") -> None:
    put("a.yaml", BROKEN)
    run(capsys, "check", *WITH, "--write-baseline")
    put("a.yaml", BROKEN.replace("layers:\n", "layers:\n  - Identity\n"))
    assert run(capsys, "check", *WITH).code == 0


@pytest.mark.parametrize(
    ("subject", "message", "others", "alike"),
    [
        ("a (B)", "x (in a.yaml:3:5)", ("a (B)", "x (in a.yaml:13:7)"), True),
        ("a (B)", "as in line 3", ("a (B)", "as in line 14"), True),
        ("layers[3].body[0]", "x", ("layers[4].body[1]", "x"), True),
        ("a (B)", "8 and [64]", ("a (B)", "8 and [32]"), False),
        ("a (B)", "ratio 1:2", ("a (B)", "ratio 1:3"), False),
        ("a (B)", "x", ("c (B)", "x"), False),
        ("s.conv2d_1 (Conv2d)", "relu_0 reads", ("s.conv2d_2 (Conv2d)", "relu_3 reads"), True),
        ("conv2d_1 (Conv2d)", "x", ("relu_1 (ReLU)", "x"), False),
        ("stage_1 (Conv2d)", "x", ("stage_2 (Conv2d)", "x"), False),
    ],
)
def test_what_moves_is_no_part_of_who_a_finding_is(
    subject: str, message: str, others: tuple[str, str], *, alike: bool
) -> None:
    def who(line: int, subject: str, message: str) -> object:
        place = Place("a.yaml", line, line)
        one = Reported(place, 6, "AC301", "bias-before-norm", "info", subject, message, "", "")
        return identity(one, "a.yaml")

    assert (who(3, subject, message) == who(4, *others)) == alike


def test_as_many_as_are_known_pass(capsys: "Capsys") -> None:
    """What is said twice in the same words is known twice."""
    slip = "  - {type: Identity, ignore: [AC999]}\n"
    put("a.yaml", GOOD + 2 * slip)
    run(capsys, "check", *WITH, "--write-baseline")
    (known,) = json.loads(Path("known.json").read_text(encoding="utf-8"))["findings"]
    assert (known["code"], known["count"]) == ("AC003", 2)
    for count, code in ((1, 0), (2, 0), (3, 1)):
        put("a.yaml", GOOD + count * slip)
        ran = run(capsys, "check", *WITH)
        assert (ran.code, len(places(ran))) == (code, code)


def test_files_are_known_from_wherever_the_command_runs(
    capsys: "Capsys", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put("nets/a.yaml", BIAS)
    put("ci/x.txt", "")
    run(capsys, "check", "nets", "--baseline", "ci/known.json", "--write-baseline")
    monkeypatch.chdir("nets")
    assert run(capsys, "check", "a.yaml", "--baseline", "../ci/known.json").code == 0
    assert run(capsys, "check", str(tmp_path / "nets"), "--baseline", "../ci/known.json").code == 0
    put("b.yaml", BIAS)
    ran = run(capsys, "check", "--baseline", "../ci/known.json")
    assert places(ran) == ["b.yaml:3:5: AC301"]


def test_writing_again_drops_what_is_gone_and_keeps_what_was_not_looked_at(capsys: "Capsys") -> None:
    for name in ("a", "b", "c"):
        put(f"{name}.yaml", BIAS)
    run(capsys, "check", *WITH, "--write-baseline")
    put("a.yaml", GOOD)
    Path("c.yaml").unlink()
    ran = run(capsys, "check", *WITH)
    assert ran.code == 0
    assert ran.err == "1 known finding not found any more; --write-baseline takes out what is gone\n"
    assert not run(capsys, "check", *WITH, "--select", "AC7").err
    assert not run(capsys, "check", *WITH, "b.yaml").err
    run(capsys, "check", "a.yaml", *WITH, "--write-baseline")
    listed = json.loads(Path("known.json").read_text(encoding="utf-8"))["findings"]
    assert [(each["file"], each["code"], each["count"]) for each in listed] == [("b.yaml", "AC301", 1)]


def test_a_file_that_is_renamed_takes_its_known_findings_along(capsys: "Capsys") -> None:
    put("a.yaml", BIAS)
    put("b.yaml", BIAS)
    run(capsys, "check", *WITH, "--write-baseline")
    put("nets/c.yaml", Path("a.yaml").read_text(encoding="utf-8") + "budgets: {params: 100}\n")
    assert places(run(capsys, "check", *WITH)) == ["nets/c.yaml:3:5: AC301", "nets/c.yaml:5:19: AC701"]
    Path("a.yaml").unlink()
    assert places(run(capsys, "check", *WITH)) == ["nets/c.yaml:5:19: AC701"]
    put("d.yaml", BIAS)
    assert places(run(capsys, "check", *WITH)) == ["nets/c.yaml:3:5: AC301", "nets/c.yaml:5:19: AC701"]


def test_a_baseline_that_says_which_of_their_kind_layers_are_is_read_as_one_that_does_not(
    capsys: "Capsys",
) -> None:
    put("a.yaml", BIAS + "  - ReLU\n" + CONV + "  - BatchNorm2d\n")
    run(capsys, "check", *WITH, "--write-baseline")
    kept = json.loads(Path("known.json").read_text(encoding="utf-8"))
    (both,) = kept["findings"]
    assert both["count"] == 2
    kept["findings"] = [
        {key: re.sub("2d_", f"2d_{at}", str(said)) for key, said in both.items()} | {"count": 1}
        for at in range(2)
    ]
    put("known.json", json.dumps(kept))
    assert run(capsys, "check", *WITH).code == 0


def test_a_baseline_holds_for_other_values_too(capsys: "Capsys") -> None:
    put("a.yaml", "vars: {w: 16}\n" + BUDGET.replace("kernel_size: 3", "kernel_size: 3, padding: =w % 2"))
    run(capsys, "check", *WITH, "--write-baseline")
    ran = run(capsys, "check", *WITH, "--set", "w=16,17")
    assert (ran.code, ran.err) == (0, "")


def test_every_format_leaves_known_findings_out_or_marks_them(capsys: "Capsys") -> None:
    put("a.yaml", BIAS)
    run(capsys, "check", *WITH, "--write-baseline")

    def out(form: str) -> str:
        ran = run(capsys, "check", *WITH, "--output-format", form)
        assert ran.code == 0
        return ran.out

    assert out("concise") == "1 spec checked, 1 known finding left out: no findings\n"
    assert out("github") == ""
    assert json.loads(out("gitlab")) == []
    document = json.loads(out("json"))
    assert [document["findings"], [each["code"] for each in document["known"]]] == [[], ["AC301"]]
    (result,) = json.loads(out("sarif"))["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "known in the baseline"}]
    (skipped,) = fromstring(out("junit")).iter("skipped")  # noqa: S314  our own output
    assert skipped.get("message") == "known in the baseline"


COUNTED = (
    '{"format": "archcalc-baseline", "version": 1, "findings": [{"file": "a.yaml", "code": "AC301",'
    ' "subject": "a", "message": "b", "count": %s}]}'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no such file: known.json; --write-baseline writes it"),
        ("x: 1\n", "known.json is no baseline of archcalc"),
        ("[]", "known.json is no baseline of archcalc"),
        ('{"format": "archcalc-baseline", "version": 2, "findings": []}', "is no baseline"),
        ('{"format": "archcalc-baseline", "version": 1, "findings": [{"file": "a"}]}', "is no baseline"),
        ("[" * 100_000, "is no baseline"),
        (COUNTED % "-5", "known.json: the count of a finding in a.yaml is -5, not from 1 to 67,108,864;"),
        (COUNTED % "0", "the count of a finding in a.yaml is 0, not from 1"),
        (
            COUNTED % 10**24,
            "the count of a finding in a.yaml is 1,000,000,000,000,000,000,000,000, not from 1",
        ),
        (COUNTED % "true", "is no baseline"),
    ],
)
def test_what_is_no_baseline_is_wrong_usage_and_never_overwritten(
    text: str | None, said: str, capsys: "Capsys"
) -> None:
    put("a.yaml", BIAS)
    if text is not None:
        put("known.json", text)
    ran = run(capsys, "check", *WITH)
    assert ran.code == 2
    assert said in re.sub(r"[\s│]+", " ", ran.err)
    wrote = run(capsys, "check", *WITH, "--write-baseline")
    assert wrote.code == (2 if text else 0)
    assert text in (None, Path("known.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--write-baseline",), "needs --baseline FILE"),
        ((*WITH, "--write-baseline", "--diff"), "prints no diff"),
        ((*WITH, "--write-baseline", "--statistics"), "prints no diff and no statistics"),
    ],
)
def test_options_that_do_not_go_together(words: tuple[str, ...], said: str, capsys: "Capsys") -> None:
    put("a.yaml", BIAS)
    ran = run(capsys, "check", *words)
    assert ran.code == 2
    assert said in re.sub(r"[\s│]+", " ", ran.err)
    assert not Path("known.json").exists()


def test_what_is_mended_is_not_written(capsys: "Capsys") -> None:
    put("a.yaml", BIAS + "budgets: {params: 100}\n")
    ran = run(capsys, "check", *WITH, "--write-baseline", "--fix")
    assert ran.err == "1 finding written to known.json: known from now on\n"
    assert "bias: false" in Path("a.yaml").read_text(encoding="utf-8")
    assert run(capsys, "check", *WITH).code == 0


def said(ran: "Ran") -> str:
    """What is said of wrong usage, in one line."""
    return " ".join(ran.err.replace("│", " ").split())


def test_a_full_disk_leaves_what_was_known(capsys: "Capsys") -> None:
    put("a.yaml", BIAS)
    put("b.yaml", BROKEN)
    write = ("check", *WITH, "--write-baseline")
    with full_disk(100):
        ran = run(capsys, *write)
    assert (ran.code, "known.json cannot be written: file too large; make room there" in said(ran)) == (
        2,
        True,
    )
    assert sorted(path.name for path in Path().iterdir()) == ["a.yaml", "b.yaml"]
    assert run(capsys, *write).code == 0
    before = Path("known.json").read_bytes()
    put("a.yaml", GOOD)
    with full_disk(100):
        ran = run(capsys, *write)
    assert (ran.code, "known.json cannot be written: file too large; make room there" in said(ran)) == (
        2,
        True,
    )
    assert Path("known.json").read_bytes() == before
    assert sorted(path.name for path in Path().iterdir()) == ["a.yaml", "b.yaml", "known.json"]


def test_a_baseline_is_written_through_a_link_and_keeps_its_mode(capsys: "Capsys") -> None:
    put("a.yaml", BIAS)
    Path("elsewhere").mkdir()
    Path("known.json").symlink_to("elsewhere/kept.json")
    kept = Path("elsewhere/kept.json")
    assert run(capsys, "check", *WITH, "--write-baseline").code == 0
    first = kept.read_bytes()
    kept.chmod(0o640)
    put("b.yaml", BROKEN)
    assert run(capsys, "check", *WITH, "--write-baseline").code == 0
    assert Path("known.json").is_symlink()
    assert (kept.stat().st_mode & 0o777, kept.read_bytes() == first) == (0o640, False)
    assert [*kept.parent.iterdir()] == [kept]


def test_a_baseline_in_no_folder_is_named(capsys: "Capsys") -> None:
    put("a.yaml", BIAS)
    ran = run(capsys, "check", "--baseline", "none/x.json", "--write-baseline")
    fact = "none/x.json cannot be written: there is no folder none; make it first"
    assert (ran.code, fact in said(ran)) == (2, True)


@pytest.mark.parametrize("more", [(), ("--write-baseline",)], ids=["read", "written"])
def test_a_file_that_cannot_be_looked_for_is_named_with_its_baseline(
    more: tuple[str, ...], capsys: "Capsys"
) -> None:
    put("a.yaml", BIAS)
    run(capsys, "check", *WITH, "--write-baseline")
    known = json.loads(Path("known.json").read_text(encoding="utf-8"))
    known["findings"][0]["file"] = "a" * 5000
    put("known.json", json.dumps(known))
    ran = run(capsys, "check", *WITH, *more)
    fact = "known.json knows findings of a file that cannot be looked for"
    assert (ran.code, fact in said(ran), "file name too long; take" in said(ran)) == (2, True, True)
    assert len(ran.err) < 1000


def test_a_baseline_with_two_names_keeps_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, known, other = tmp_path / "net.yaml", tmp_path / "known.json", tmp_path / "other.json"
    spec.write_text("inputs: {x: [4]}\nlayers: [ReLU, ReLU]\n", encoding="utf-8")
    known.write_text('{"format": "archcalc-baseline", "version": 1, "findings": []}', encoding="utf-8")
    other.hardlink_to(known)
    ran = run(capsys, "check", str(spec), "--baseline", str(known), "--write-baseline")
    assert ran.code == 0
    assert known.samefile(other)
    assert "AC306" in other.read_text(encoding="utf-8")
