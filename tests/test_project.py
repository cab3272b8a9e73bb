"""The project's own files: what the README says is what the commands print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_shows_real_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert run(capsys, "summary", "resnet50", "--depth", "1").out in README
    assert run(capsys, "hdc", "2", "2", "2").out in README
    assert run(capsys, "verify", "resnet50").out in README
    monkeypatch.setenv("COLUMNS", "130")
    sizes = ("--prompt", "4096", "--new", "3", "--dtype", "bfloat16")
    assert run(capsys, "decode", "llama_3_8b", *sizes).out in README


def test_readme_shows_what_check_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    block = re.search(r"```yaml\n(# mistakes\.yaml\n.*?)```", README, re.DOTALL)
    assert block is not None
    monkeypatch.chdir(tmp_path)
    Path("mistakes.yaml").write_text(block[1], encoding="utf-8")
    found = run(capsys, "check", "mistakes.yaml")
    assert found.code == 1
    assert found.out in README


def test_readme_spec_traces_and_its_mistake_reads_as_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    block = re.search(r"```yaml\n(# small\.yaml\n.*?)```", README, re.DOTALL)
    assert block is not None
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(block[1], encoding="utf-8")
    assert run(capsys, "summary", "small.yaml").code == 0
    Path("small.yaml").write_text(block[1].replace("kernel_size", "kernel", 1), encoding="utf-8")
    errors = run(capsys, "shapes", "small.yaml").err
    shown = re.search(r"```text\n(small\.yaml:.*?)```", README, re.DOTALL)
    assert shown is not None
    assert shown[1] in errors


def test_readme_python_example_runs() -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    done = subprocess.run([sys.executable, "-c", block[1]], capture_output=True, text=True, check=True)
    told = re.findall(r"^print\(.*\)  # (.*)$", block[1], re.MULTILINE)
    assert len(told) > 3
    assert done.stdout.splitlines() == told


def test_versions_agree() -> None:
    from archcalc import __version__

    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__


def test_no_answer_depends_on_a_clock() -> None:
    """Budgets are counted: the same text is judged alike on a slow machine. These wait, or tell the time."""
    clock = re.compile(r"\b(monotonic|perf_counter|process_time|time\.time)\b")
    files = (ROOT / "archcalc").rglob("*.py")
    asking = {
        path.relative_to(ROOT / "archcalc").as_posix()
        for path in files
        if clock.search(path.read_text("utf-8"))
    }
    assert asking == {"source/files.py", "sweeping/workers.py"}
