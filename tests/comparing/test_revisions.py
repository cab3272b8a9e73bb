"""Files at revisions of git, and the command line of ``diff`` and ``compare``."""

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from tests.cli.lines import DIFFERENT, SHIPPED
from tests.cli.running import run

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]

BASE, STRIDE, RENAMED = (
    (SHIPPED.parent / DIFFERENT[name]).read_text(encoding="utf-8") for name in ("base", "stride", "renamed")
)


def git(folder: Path, *words: str) -> None:
    """Run git, as somebody."""
    name = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *name, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which a file has changed, and another one has gone with its folder."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / "nets").mkdir()
    git(folder, "init", "-q", "-b", "main")
    for text in (BASE, STRIDE):
        (folder / "nets" / "net.yaml").write_text(text, encoding="utf-8")
        (folder / "net.yaml").write_text(text, encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "a change")
    (folder / "nets" / "net.yaml").unlink()
    (folder / "nets").rmdir()
    (folder / "net.yaml").write_text(RENAMED, encoding="utf-8")
    return folder


def test_two_revisions(repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: "Capsys") -> None:
    monkeypatch.chdir(repository)
    ran = run(capsys, "diff", "net.yaml@HEAD~1", "net.yaml@main", "--format", "json", "--exit-code")
    found = json.loads(ran.out)
    assert ran.code == 1
    (changed,) = [each for each in found["layers"] if each["change"] == ["changed"]]
    assert changed["details"][0] == {"what": "stride", "before": 1, "after": 2}
    ran = run(capsys, "diff", "net.yaml@main~1", "net.yaml", "--format", "csv")
    assert {line.split(",")[0] for line in ran.out.splitlines()[1:]} == {"renamed"}
    assert run(capsys, "diff", "nets/net.yaml@HEAD~1", "net.yaml@HEAD^", "--exit-code").code == 0
    assert run(capsys, "params", "net.yaml@HEAD~1").code == 0


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("net.yaml@nope", "there is no revision 'nope'"),
        ("net.yaml@--output=x", "a revision does not begin with '-'"),
        ("net.yaml@main;touch x", "there is no revision 'main;touch x'"),
        ("net.yaml@main..HEAD", "there is no revision"),
        ("net.yaml@$(touch x)", "there is no revision"),
        ("other.yaml@main", "there is no file other.yaml at the revision 'main'"),
        ("nets.yaml/net.yaml@main", "there is no file"),
        ("../net.yaml@main", "is in no git repository"),
    ],
)
def test_what_is_not_there_is_told_in_a_line(
    source: str, told: str, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: "Capsys"
) -> None:
    monkeypatch.chdir(repository)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
    ran = run(capsys, "diff", "net.yaml", source)
    assert ran.code == 2
    assert told in ran.err.splitlines()[0]
    assert not (repository / "x").exists()


def test_a_file_of_that_name_is_no_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: "Capsys"
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml@main").write_text(BASE, encoding="utf-8")
    assert run(capsys, "params", "net.yaml@main").code == 0


def test_conditions_end_with_1_and_tell_both_numbers(capsys: "Capsys") -> None:
    options = ("--fail-on", "params > +5%", "--fail-on", "depth > 100")
    ran = run(capsys, "diff", "resnet18", "resnet34", *options)
    assert ran.code == 1
    assert ran.err == "failed: params > +5%: params 11,689,512 -> 21,797,672 (+10,108,160, +86.5 %)\n"
    assert run(capsys, "diff", "resnet18", "resnet34", "--fail-on", "depth > 100").code == 0
    assert run(capsys, "diff", "resnet18", "resnet34").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("diff", "lenet5"), "is A once more"),
        (("diff", "-", "-"), "standard input can be read once"),
        (("diff", "-", "--set-b", "n=1"), "standard input can be read once"),
        (("diff", "lenet5", "vgg11", "--fail-on", "parms > 1"), "did you mean 'params'"),
        (("diff", "lenet5", "vgg11", "--args", "a=1"), "needs package.module:factory"),
        (("diff", "lenet5", "--set-b", "nothing=1"), "nothing"),
        (("compare", "lenet5", "--sort", "size"), "no quantity 'size'"),
        (("compare", "lenet5", "--pareto", ","), "needs a quantity"),
        (("compare", "lenet5", "--args", "a=1"), "needs package.module:factory"),
    ],
)
def test_wrong_options_end_with_2(words: tuple[str, ...], told: str, capsys: "Capsys") -> None:
    ran = run(capsys, *words)
    assert ran.code == 2
    assert told in " ".join(ran.err.replace("│", " ").split())
    assert "Traceback" not in ran.err


def test_a_network_that_fails_leaves_the_others(capsys: "Capsys") -> None:
    ran = run(capsys, "compare", "lenet5", "nope", "alexnet", "--format", "csv")
    assert ran.code == 2
    assert [line.split(",")[0] for line in ran.out.splitlines()[1:]] == ["lenet5", "alexnet"]
    assert ran.err.startswith("nope: no such file")


def test_markdown_holds_nothing_that_was_written_as_markup(tmp_path: Path, capsys: "Capsys") -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        BASE.replace("name: small", 'name: "<b>|x"').replace("loss: Cross", "note: n\nloss: Cross"),
        encoding="utf-8",
    )
    other = tmp_path / "o|`<i>@me.yaml"
    other.write_text(
        STRIDE.replace("vars: {width: 16}", "vars: {width: 16, word: 'a|b <b> @me #1 *c*'}"), encoding="utf-8"
    )
    ran = run(capsys, "diff", str(path), str(other), "--format", "markdown")
    rows = [line for line in ran.out.splitlines() if line.startswith("|")]
    assert ran.code == 0
    for line in rows:
        assert line.replace("\\|", "").count("|") in (6, 7), line
    shown = MarkdownIt("commonmark").enable("table").render(ran.out)
    assert shown.count("<table>") == 2
    assert shown.count("<tr>") == len(rows) - 2  # the lines below the heads are none
    assert "a|b &lt;b&gt; @" in shown
    assert "<em>" not in shown
    assert "<b>" not in ran.out
    assert "@me #" not in ran.out
    assert ran.out.count("<details>") == ran.out.count("</details>") == 1
