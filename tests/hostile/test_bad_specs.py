"""Bad and malicious specs through the real command line: exit 2, the place, both numbers, and no harm done.

Every case runs in a process of its own with 200 MB of memory to use and a second of processor time.
"""

import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from archcalc.schema import schema
from archcalc.source import parse
from tests.cli.running import Ran
from tests.hostile.bad_specs import BAD, HEAD

if TYPE_CHECKING:
    from pathlib import Path

MEMORY = 200 * 2**20
SECONDS = 1.5
PROBE = """\
import resource, sys
from archcalc.cli import main
code = 0
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code
used = resource.getrusage(resource.RUSAGE_SELF)
memory = used.ru_maxrss  # KiB; on Linux it is that of the parent when that was larger, so ask better
try:
    with open("/proc/self/status") as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
except OSError:
    pass
print(memory * 1024, used.ru_utime + used.ru_stime, file=sys.stderr)
sys.exit(code)
"""


def run_measured(*arguments: str, stdin: bytes = b"") -> Ran:
    """The command in a fresh process; it fails the test when it takes too much."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], input=stdin, capture_output=True, check=False, timeout=30
    )
    *lines, used = done.stderr.decode().splitlines()
    memory, seconds = map(float, used.split())
    assert memory < MEMORY
    assert seconds < SECONDS or seconds < SECONDS * slowdown()
    assert "Traceback" not in "".join(lines)
    return Ran(done.returncode, done.stdout.decode(), "\n".join(lines))


def slowdown() -> float:
    """How much slower than the measured machine this one is now: the start of Python's own json, 40 ms."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "import json, argparse"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return max(1.0, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 0.04)


@pytest.mark.parametrize("name", BAD)
def test_exit_2_one_error_place_and_words(name: str, tmp_path: "Path") -> None:
    case = BAD[name]
    path = tmp_path / "bad.yaml"
    path.write_text(case.spec, encoding="utf-8")
    ran = run_measured("shapes", str(path))
    assert ran.code == 2
    assert ran.err.startswith(f"{path}:{case.place}: ")
    assert ran.err.count(f"{path}:") == 1
    for words in case.words:
        assert words in ran.err


LEVELS = 10_000
ALIASES = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
BYTES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "binary": (bytes(range(256)) * 64, "UTF-8"),
    "zero bytes": (b"\0" * 1000, ""),
    "an image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "UTF-8"),
    "latin-1": ("name: Zürich\n".encode("latin-1") + HEAD.encode() + b"  - ReLU\n", "UTF-8"),
    "UTF-16": (f"{HEAD}  - ReLU\n".encode("utf-16"), "UTF-8"),
    "alias bomb": (f"a0: &a0 [1]\n{ALIASES}{HEAD}  - ReLU\n".encode(), "alias"),
    "nested lists": (b"inputs: {x: " + b"[" * LEVELS + b"]" * LEVELS + b"}\n", "nest more than 100 deep"),
    "nested lists in block style": (b"- " * LEVELS + b"1\n", "nest more than 100 deep"),
    "nested mappings": (b"{a: " * LEVELS + b"1" + b"}" * LEVELS, "nest more than 100 deep"),
    "open brackets": (b"[" * 1_000_000, ""),
    "a long line": (b"a" * 17_000_000, "16 MiB"),
    "many layers": (HEAD.encode() + b"  - ReLU\n" * 200_000, ""),
    "nested containers": (
        HEAD.encode() + b"  - " + b"{type: Sequential, layers: [" * 2000 + b"ReLU" + b"]}" * 2000 + b"\n",
        "nest more than 100 deep",
    ),
}


@pytest.mark.parametrize("name", BYTES)
@pytest.mark.parametrize("by", ["path", "pipe"])
def test_bytes_that_are_no_spec(name: str, by: str, tmp_path: "Path") -> None:
    given, words = BYTES[name]
    path = tmp_path / "bad.yaml"
    path.write_bytes(given)
    ran = run_measured("shapes", "-" if by == "pipe" else str(path), stdin=given if by == "pipe" else b"")
    assert ran.code == 2
    assert ran.err.startswith("<stdin>" if by == "pipe" else str(path))
    assert words in ran.err
    assert len(ran.err) < 2000


UNFIT_NAMES = (
    "a variable that is no identifier",
    "a reserved argument",
    "a block with a kind's name",
    "many axes",
    "a long name",
    "dots in a row",
)


def test_the_schema_refuses_names_and_shapes_alike() -> None:
    rules: Any = Draft202012Validator(schema())  # its types leave data of unknown kind out
    assert rules.is_valid(parse(HEAD + "  - ReLU\nvars: {größe: 3, a_1: 2}\n", "f").data)
    assert not [name for name in UNFIT_NAMES if rules.is_valid(parse(BAD[name].spec, "f").data)]


MANY: dict[str, str] = {
    "kinds": HEAD + "".join(f"  - Cnv{i}d\n" for i in range(20_000)),
    "keys": HEAD + "".join(f"  - {{type: ReLU, k{i}: 3}}\n" for i in range(15_000)),
    "entries": HEAD + "  - 7\n" * 49_000,
    "references": HEAD + "".join(f"  - {{type: ReLU, name: ab{i}, from: abc{i}x}}\n" for i in range(12_000)),
    "cycles": HEAD + "".join(f"  - {{type: ReLU, name: ab{i}, from: ab{i + 1}}}\n" for i in range(12_000)),
    "inputs": "inputs: {" + ", ".join(f"x{i}: 7" for i in range(49_000)) + "}\nlayers: [ReLU]\n",
}


@pytest.mark.parametrize("name", MANY)
def test_of_very_many_mistakes_the_first_are_told(name: str) -> None:
    ran = run_measured("shapes", "-", stdin=MANY[name].encode())
    assert ran.code == 2
    assert ran.err.startswith("<stdin>:1:" if name == "inputs" else "<stdin>:3:")
    assert 100 <= ran.err.count("<stdin>:") <= 101


def test_a_mistake_that_aliases_repeat_is_one_error() -> None:
    text = HEAD + "  - &a {type: 7}\n" + "  - *a\n" * 50
    assert run_measured("shapes", "-", stdin=text.encode()).err.count("<stdin>:") == 1


def test_of_many_inputs_the_first_are_told() -> None:
    text = HEAD + "  - {type: Flatten, name: f}\n  - {type: Add, from: [" + "x, " * 40_000 + "f]}\n"
    ran = run_measured("shapes", "-", stdin=text.encode())
    assert "and 39,993 more" in ran.err
    assert len(ran.err) < 2000


def test_a_folder_and_files_that_cannot_be_read(tmp_path: "Path") -> None:
    ran = run_measured("shapes", str(tmp_path))
    assert (ran.code, "a directory" in ran.err) == (2, True)
    ran = run_measured("params", str(tmp_path / "missing.yaml"))
    assert (ran.code, "no such file" in ran.err) == (2, True)
    ran = run_measured("params", "")
    assert ran.code == 2
    ran = run_measured("params", "x" * 5000)
    assert (ran.code, "no such file" in ran.err) == (2, True)


WIDE = """\
inputs: {x: [1, 3000000000]}
layers:
  - {type: Conv1d, name: a, out_channels: 1, kernel_size: 3, dilation: 1000000000}
  - {type: Conv1d, name: b, out_channels: 1, kernel_size: 1000000, dilation: 2}
"""


@pytest.mark.parametrize("behind", ["", "  - {type: AdaptiveAvgPool1d, output_size: 1}\n"])
def test_dilation_too_wide_to_count(tmp_path: "Path", behind: str) -> None:
    path = tmp_path / "wide.yaml"
    path.write_text(WIDE + behind, encoding="utf-8")
    ran = run_measured("rf", str(path), "--check-hdc")
    assert ran.code == 2
    assert ran.err.startswith(f"{path}:")
    assert "coverage follows at most 500,000 positions, here the span is 2,001,999,999" in ran.err
    assert run_measured("rf", str(path)).code == 0


@pytest.mark.parametrize("command", ["shapes", "params", "rf", "summary"])
@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_every_command_refuses_alike(command: str, form: str, tmp_path: "Path") -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD["groups"].spec, encoding="utf-8")
    ran = run_measured(command, str(path), "--format", form)
    assert ran.code == 2
    assert "3 input channels do not divide into 2 groups" in ran.err
