"""``archcalc check --watch``: again whenever something is saved, until Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from archcalc.cli import watching
from tests.cli.running import run
from tests.rules.specs import BIAS, BUDGET, GOOD, NO_YAML

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.running import Ran

    Capsys = pytest.CaptureFixture[str]
    Steps = tuple[Callable[[], object], ...]

ROOT = str(Path(__file__).parent.parent.parent)
SETTINGS = Path("pyproject.toml")
SPEC = Path("a.yaml")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def save(path: Path, text: str) -> None:
    """Save a file as editors do, under another name first; its time differs from any before."""
    new = path.with_name(f"{path.name}~")
    new.write_text(text, encoding="utf-8")
    os.utime(new, ns=(0, save_times.pop()))
    new.replace(path)


save_times = list(range(10**18, 0, -(10**15)))


def watch(
    capsys: "Capsys", monkeypatch: pytest.MonkeyPatch, steps: "Steps", *words: str, idle: int = 1
) -> "Ran":
    """The command with these steps between its looks, and Ctrl-C behind the last one."""
    waiting = [*((lambda: None,) * idle), *steps]

    def pause(_seconds: float) -> None:
        if not waiting:
            raise KeyboardInterrupt
        waiting.pop(0)()

    monkeypatch.setattr(watching, "sleep", pause)
    return run(capsys, "check", "--watch", *words)


def told(ran: "Ran") -> list[str]:
    """The last line of every round."""
    return re.findall(r"^\d+ specs? checked.*$", ran.out, re.MULTILINE)


STEPS: "dict[str, tuple[Steps, list[str]]]" = {
    "nothing": ((), ["1 warning; --fix mends 1"]),
    "mended": ((lambda: save(SPEC, GOOD),), ["1 warning; --fix mends 1", "no findings"]),
    "broken, then mended": (
        (lambda: save(SPEC, NO_YAML), lambda: None, lambda: save(SPEC, GOOD)),
        ["1 warning; --fix mends 1", "1 error", "no findings"],
    ),
    "saved as it was": ((lambda: save(SPEC, BIAS),), ["1 warning; --fix mends 1"] * 2),
    "settings": (
        (lambda: save(SETTINGS, '[tool.archcalc]\nignore = ["AC3"]\n'), SETTINGS.unlink),
        ["1 warning; --fix mends 1", "no findings", "1 warning; --fix mends 1"],
    ),
}


@pytest.mark.parametrize("case", STEPS)
@pytest.mark.parametrize("path", ["a.yaml", "."])
def test_it_checks_at_once_and_whenever_something_is_saved(
    path: str, case: str, capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, results = STEPS[case]
    save(SPEC, BIAS)
    ran = watch(capsys, monkeypatch, steps, path, idle=3)
    assert told(ran) == [f"1 spec checked: {result}" for result in results]
    assert ran.code == 0
    assert ran.err == "watching; Ctrl-C ends\n" * len(results)


def test_new_files_of_a_folder_are_seen_and_those_that_go(
    capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    save(SPEC, BIAS)
    other = Path("b.yaml")
    ran = watch(capsys, monkeypatch, (lambda: save(other, BUDGET), SPEC.unlink, other.unlink))
    assert [line.partition(":")[2] for line in told(ran)] == [
        " 1 warning; --fix mends 1",
        " 1 error, 1 warning; --fix mends 1",
        " 1 error",
        " no findings",
    ]


def test_what_goes_wrong_on_the_way_is_told_and_waited_out(
    capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    save(SPEC, GOOD)
    steps = (
        SPEC.unlink,
        lambda: save(SPEC, BIAS),
        lambda: save(SETTINGS, "[tool.archcalc]\nselct = 3\n"),
        lambda: save(SETTINGS, ""),
    )
    ran = watch(capsys, monkeypatch, steps, "a.yaml")
    assert [line.split(": ")[1] for line in told(ran)] == [
        "no findings",
        "1 warning; --fix mends 1",
        "1 warning; --fix mends 1",
    ]
    assert "no such file or folder: a.yaml" in ran.err
    assert "did you mean 'select'?" in ran.err
    assert ran.code == 0


def test_the_baseline_is_watched(capsys: "Capsys", monkeypatch: pytest.MonkeyPatch) -> None:
    save(SPEC, BIAS)
    run(capsys, "check", "--baseline", "b", "--write-baseline")
    full = Path("b").read_text(encoding="utf-8")
    save(Path("b"), full.replace("AC301", "AC302"))
    ran = watch(capsys, monkeypatch, (lambda: save(Path("b"), full),), "--baseline", "b")
    assert told(ran) == [
        "1 spec checked: 1 warning; --fix mends 1",
        "1 spec checked, 1 known finding left out: no findings",
    ]


def test_wrong_usage_ends_it_at_once(capsys: "Capsys", monkeypatch: pytest.MonkeyPatch) -> None:
    assert watch(capsys, monkeypatch, (), "none.yaml").code == 2
    save(SPEC, GOOD)
    assert watch(capsys, monkeypatch, (), "a.yaml", "--set", "width=3").code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-",), "standard input is read once"),
        (("--fix",), "writes nothing"),
        (("--diff",), "writes nothing"),
        (("--baseline", "x", "--write-baseline"), "writes nothing"),
        (("--output-format", "sarif"), "is for people"),
    ],
)
def test_what_cannot_be_watched(words: tuple[str, ...], said: str, capsys: "Capsys") -> None:
    ran = run(capsys, "check", "--watch", *words)
    assert ran.code == 2
    assert said in re.sub(r"[\s│]+", " ", ran.err)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent in another way there")
def test_in_a_process_of_its_own_ctrl_c_ends_it_cleanly() -> None:
    save(SPEC, BIAS)
    command = [sys.executable, "-m", "archcalc", "check", "--watch", "--output-format", "concise", "a.yaml"]
    environment = {**os.environ, "PYTHONPATH": ROOT}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        late = Timer(60, process.kill)
        late.start()
        assert process.stdout is not None
        assert "AC301" in process.stdout.readline()
        assert process.stdout.readline() == "1 spec checked: 1 warning; --fix mends 1\n"
        save(SPEC, GOOD)
        assert process.stdout.readline() == "1 spec checked: no findings\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
        late.cancel()
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
    assert "Aborted" not in err
