"""Modules that would end the process, keep it from its end, or write into the report."""

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from archcalc.bridge.contained import contained
from tests.cli.running import run, run_fresh

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        return self.fc(x)

class Ending(Net):
    def forward(self, x):
        os._exit(0)

class Found(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 8, 3, stride=5), nn.BatchNorm2d(8))

class Pressed(Net):
    def forward(self, x):
        raise KeyboardInterrupt
"""
ROOT = str(Path(__file__).parent.parent.parent)
SPEAKING = """
import atexit, os, sys, threading

os.system("echo of a shell")
os.write(1, b"past Python\\n")
print("past what stands for it", file=sys.__stdout__)
atexit.register(print, "at the end")
atexit.register(os._exit, 0)
"""
ENDLESS = """
threading.Thread(target=threading.Event().wait, name="endless").start()
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHCALC_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "ending_net", raising=False)


def put(begin: str) -> None:
    Path("ending_net.py").write_text(begin + NET, encoding="utf-8")


@pytest.mark.parametrize(
    ("begin", "name", "said"),
    [
        (
            "import os; os._exit(0)",
            "Net",
            "ending_net.py:1:1: ending_net:Net: importing ending_net fails: SystemExit: os._exit(0)\n",
        ),
        ("import os", "Ending", "SystemExit: os._exit(0)\n"),
    ],
)
def test_a_module_cannot_end_the_process_without_a_word(begin: str, name: str, said: str) -> None:
    put(begin)
    ran = run_fresh("params", f"ending_net:{name}", "--input", "3", PYTHONPATH=ROOT)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(("begin", "name"), [("raise KeyboardInterrupt", "Net"), ("import os", "Pressed")])
def test_a_keyboard_interrupt_of_its_own_is_an_error(
    begin: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(begin)
    ran = run(capsys, "params", f"ending_net:{name}", "--input", "3")
    assert (ran.code, ran.out) == (2, "")
    assert "fails" in ran.err
    assert "KeyboardInterrupt" in ran.err


def test_ctrl_c_still_ends_it(capsys: pytest.CaptureFixture[str]) -> None:
    put("import signal; signal.raise_signal(signal.SIGINT)")
    ran = run(capsys, "params", "ending_net:Net", "--input", "3")
    assert (ran.code, ran.out) == (130, "")


@pytest.mark.parametrize("thread", [ENDLESS, ""])
def test_the_report_alone_is_on_standard_output_and_nothing_of_the_module_is_waited_for(thread: str) -> None:
    put(SPEAKING + thread)
    ran = run_fresh("params", "ending_net:Net", "--input", "3", "--format", "json", PYTHONPATH=ROOT)
    assert ran.code == 0
    assert json.loads(ran.out)["totals"]["params"] == 16
    for word in ("of a shell", "past Python", "past what stands for it"):
        assert word in ran.err
    assert ("endless still runs" if thread else "at the end") in ran.err


def test_no_thread_is_waited_for_where_standard_error_takes_nothing() -> None:
    put("import threading" + ENDLESS)
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "archcalc", "params", "ending_net:Net", "--input", "3"],
            stdout=subprocess.PIPE,
            stderr=full,
            env={**os.environ, "PYTHONPATH": ROOT},
            timeout=60,
            check=False,
        )
    assert ended.returncode == 0
    assert b"params 16" in ended.stdout


FOUND = ["check", "ending_net:Found", "--input", "x=3,32,32", "--output-format", "concise"]
LATER = """
import os, threading, time

def later():
    time.sleep(0.05)
    os._exit(0)

threading.Thread(target=later, daemon={}).start()
"""


@pytest.mark.parametrize(
    "begin",
    [
        "import atexit, os; atexit.register(lambda: os._exit(0))",
        "import atexit, posix; atexit.register(lambda: posix._exit(0))",
        LATER.format("True"),
        LATER.format("False"),
        "import os; os.close(2)",
        "import os; os.close(1)",
    ],
)
def test_findings_are_told_and_counted_whatever_the_module_does_later(begin: str) -> None:
    put("\n" * begin.count("\n"))
    plain = run_fresh(*FOUND, PYTHONPATH=ROOT)
    assert plain.code == 1
    assert "AC" in plain.out
    put(begin)
    ran = run_fresh(*FOUND, "--no-cache", PYTHONPATH=ROOT)
    assert (ran.code, ran.out) == (1, plain.out)


@pytest.mark.parametrize("closed", ["2>&-", "1>&-", "1>&- 2>&-"])
def test_what_the_caller_has_closed_takes_nothing_of_the_module(closed: str) -> None:
    put("import os; os.write(1, b'past Python'); os.write(2, b'beside')")
    words = "params ending_net:Net --input 3 --format csv"
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m archcalc {words} {closed}"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        timeout=60,
        check=False,
        text=True,
    )
    assert "past Python" not in done.stdout
    assert ("16" in done.stdout) is ("1>" not in closed)
    assert "beside" not in done.stdout


def test_two_threads_read_modules_one_after_the_other() -> None:
    leave, out = os._exit, sys.stdout
    held, asked = Event(), Event()

    def first() -> None:
        with contained([]):
            held.set()
            asked.wait(0.5)  # the other one waits for its turn meanwhile

    def second() -> None:
        held.wait(5)
        with contained([]):
            asked.set()

    threads = [Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert (os._exit, sys.stdout) == (leave, out)
