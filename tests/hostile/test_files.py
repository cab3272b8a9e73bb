"""Files that are not what they seem, fixes that would do more than mend, processes that are killed."""

import os
import signal
import subprocess
import sys
from fnmatch import translate
from pathlib import Path
from time import monotonic, sleep

import pytest

from archcalc.overwriting import overwrite
from archcalc.rules import patterns, settings
from archcalc.rules.engine import one_file, running
from archcalc.rules.engine.report import FileReport
from archcalc.rules.engine.targets import Task
from archcalc.rules.selection import Selection
from tests.cli.running import run
from tests.rules.specs import BIAS

ACTIVE = Selection().active()


def fixed(capsys: pytest.CaptureFixture[str], *paths: str) -> str:
    """What is said on standard error of fixes in these files."""
    return run(capsys, "check", "--fix", *paths).err


def test_a_fix_follows_no_link_out_of_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.yaml").write_text(BIAS, encoding="utf-8")
    (inside / "sub" / "b.yaml").write_text(BIAS, encoding="utf-8")
    (inside / "out.yaml").symlink_to(outside / "a.yaml")
    (inside / "folder").symlink_to(outside)
    (inside / "in.yaml").symlink_to(inside / "sub" / "b.yaml")
    monkeypatch.chdir(inside)
    for name in ("out.yaml", "folder/a.yaml", str(inside / "out.yaml")):
        assert "it is a link out of its folder" in fixed(capsys, name)
        assert (outside / "a.yaml").read_text(encoding="utf-8") == BIAS
    assert not fixed(capsys, "in.yaml")
    assert "bias: false" in (inside / "sub" / "b.yaml").read_text(encoding="utf-8")
    assert (inside / "in.yaml").is_symlink()
    assert not fixed(capsys, "../outside/a.yaml")
    assert "bias: false" in (outside / "a.yaml").read_text(encoding="utf-8")


def test_a_fix_leaves_what_is_read_only_or_has_several_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed, one, other = (tmp_path / name for name in ("closed.yaml", "one.yaml", "other.yaml"))
    for path in (closed, one):
        path.write_text(BIAS, encoding="utf-8")
    closed.chmod(0o444)
    os.link(one, other)
    said = fixed(capsys, str(tmp_path))
    assert "closed.yaml: the fixes cannot be written: it is read-only" in said
    assert said.count("it has 2 names (hard links), which would part") == 2
    assert all(path.read_text(encoding="utf-8") == BIAS for path in (closed, one, other))


def test_a_fix_keeps_mode_and_owner_and_touches_no_other_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(BIAS, encoding="utf-8")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12_345, 12_346)
    foreign = [tmp_path / f".a.yaml.{os.getpid()}", tmp_path / ".archcalc-"]
    for each in foreign:
        each.write_text("mine", encoding="utf-8")
    before = path.stat()
    assert not fixed(capsys, str(path))
    after = path.stat()
    assert "bias: false" in path.read_text(encoding="utf-8")
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert sorted(tmp_path.iterdir()) == sorted([path, *foreign])
    assert all(each.read_text(encoding="utf-8") == "mine" for each in foreign)


STOPPED = """\
import os, signal, sys
from pathlib import Path
from archcalc import overwriting as writing
if sys.argv[3] == "named":
    del os.O_TMPFILE
def stop(*_):
    assert (sys.argv[3] == "named") == bool([*Path(sys.argv[1]).parent.glob(".archcalc-*")])
    os.kill(os.getpid(), int(sys.argv[2]))
def linked(*words, link=os.link, **more):
    link(*words, **more)
    os.kill(os.getpid(), int(sys.argv[2]))
if sys.argv[3] == "linked":
    os.link = linked
else:
    writing._take_over = stop
writing.overwrite(sys.argv[1], "before", "after")
"""


@pytest.mark.parametrize(
    ("by", "way"),
    [
        (signal.SIGTERM, "named"),
        (signal.SIGTERM, "unnamed"),
        (signal.SIGTERM, "linked"),
        (signal.SIGKILL, "unnamed"),
    ],
    ids=["term-named", "term", "term-linked", "kill"],
)
def test_a_signal_to_end_leaves_nothing_behind(by: signal.Signals, way: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("before", encoding="utf-8")
    command = [sys.executable, "-c", STOPPED, str(path), str(int(by)), way]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -by, done.stderr.decode()
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_text(encoding="utf-8") == "before"
    overwrite(str(path), "before", "after")
    assert path.read_text(encoding="utf-8") == "after"
    assert [*tmp_path.iterdir()] == [path]


def test_without_files_that_have_no_name_a_fix_is_made_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    path = tmp_path / "a.yaml"
    path.write_text("before", encoding="utf-8")
    path.chmod(0o640)
    overwrite(str(path), "before", "after")
    assert path.read_text(encoding="utf-8") == "after"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [*tmp_path.iterdir()] == [path]


def test_where_a_file_without_a_name_gets_none_a_fix_is_made_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "a.yaml"
    path.write_text("before", encoding="utf-8")
    overwrite(str(path), "before", "after")
    assert path.read_text(encoding="utf-8") == "after"
    assert [*tmp_path.iterdir()] == [path]


def test_a_pipe_that_nobody_writes_into_and_a_device_do_not_block(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    began = monotonic()
    ran = run(capsys, "check", str(pipe))
    assert (ran.code, "this is a pipe, and nobody writes into it" in ran.out) == (1, True)
    ran = run(capsys, "shapes", "/dev/zero")
    assert (ran.code, "this is a device or a socket, not a file" in ran.err) == (2, True)
    ran = run(capsys, "check", str(tmp_path), "--baseline", str(pipe))
    assert (ran.code, "nobody writes into it" in " ".join(ran.err.split())) == (2, True)
    assert monotonic() - began < 10
    assert run(capsys, "check", str(tmp_path)).code == 0  # in a folder only files are looked at
    write = [sys.executable, "-c", "import sys; open(sys.argv[1], 'w').write(sys.argv[2])", str(pipe), BIAS]
    with subprocess.Popen(write):
        assert "AC301" in run(capsys, "check", str(pipe)).out


UNREADABLE = {
    "UTF-16": "inputs: {x: [4]}\nlayers: [ReLU]\n".encode("utf-16"),
    "braces": b"# a spec\n{inputs: {x: [4]}, layers: [ReLU}\n",
}


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("by", ["folder", "hook"])
def test_a_spec_that_cannot_be_read_is_a_finding(
    name: str, by: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(UNREADABLE[name])
    (tmp_path / "other.yaml").write_text("{a: [1, 2}", encoding="utf-8")
    paths = [str(tmp_path)] if by == "folder" else ["--specs-only", *map(str, tmp_path.iterdir())]
    ran = run(capsys, "check", *paths)
    assert (ran.code, ran.out.count("AC001")) == (1, 1)
    assert f"{path}:" in ran.out


SETTINGS = {
    "select = []": "select: no code is in it, and no rule would run",
    "x = " + "[" * 2000: "lists or tables nest too deeply",
    "x = " + "9" * 5000: "a number has too many digits",
    "a." * 20_000 + "a = 1": "a key has 20,000 dots, at most 100",
    "a" * 99_999 + " = 1": "(100,001 characters) in [tool.archcalc]; known here",
    f"exclude = {['p*'] * 1001}": "exclude lists 1,001, at most 1,000",
    f"select = {['AC1'] * 1001}": "select lists 1,001, at most 1,000",
    "per-file-ignores = {"
    + ", ".join(f"p{at} = []" for at in range(1001))
    + "}": "per-file-ignores lists 1,001",
    "#" * 2**20: "larger than 1048576 bytes",
}


@pytest.mark.parametrize("written", SETTINGS)
def test_hostile_settings_are_one_error(
    written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    (tmp_path / "pyproject.toml").write_text(f"[tool.archcalc]\n{written}\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text(BIAS, encoding="utf-8")
    ran = run(capsys, "check", str(tmp_path))
    assert ran.code == 2
    assert " ".join(SETTINGS[written].split()) in " ".join(ran.err.replace("│", " ").split())


BLANK = {
    "shapes": "'': no such file, and no shipped spec of this name",
    "diff lenet5": "'': no such file, and no shipped spec of this name",
    "compare lenet5": "'': no such file, and no shipped spec of this name",
    "check": "no such file or folder: ''",
}


@pytest.mark.parametrize("command", BLANK)
def test_a_name_without_letters_is_told_with_quotes(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    ran = run(capsys, *command.split(), "")
    assert ran.code == 2
    assert BLANK[command] in ran.err
    assert "give a path, - for standard input, or the name of a shipped spec" in ran.err


ENCODED = {
    "utf-16": "pyproject.toml: not TOML, which is UTF-8 text: this is UTF-16, or a binary file",
    "utf-16-be": "pyproject.toml: not TOML, which is UTF-8 text: this is UTF-16, or a binary file",
    "utf-32": "pyproject.toml: not TOML, which is UTF-8 text: this is UTF-16, or a binary file",
    "cp1252": "pyproject.toml:2: not TOML, which is UTF-8 text: byte 0xe9 is not UTF-8",
}


@pytest.mark.parametrize("encoding", [*ENCODED, "utf-8", "utf-8-sig"])
def test_settings_in_another_encoding_are_not_passed_over(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.archcalc]\nignore = ["AC3"] # \xe9\n', encoding=encoding, newline="")
    (tmp_path / "a.yaml").write_text(BIAS, encoding="utf-8")
    ran = run(capsys, "check", str(tmp_path))
    said = " ".join(ran.err.replace("│", " ").split())
    if encoding in ENCODED:
        assert ran.code == 2
        assert f"{ENCODED[encoding]}; save the file as UTF-8 text" in said
    else:
        assert (ran.code, said) == (0, "")
    file.write_text("[tool.archive\nname = '\xe9'\n", encoding=encoding)  # broken, and of no concern here
    settings.forget_settings()
    assert run(capsys, "check", str(tmp_path)).code == 1


def test_a_pattern_is_compiled_once_and_compared_with_what_is_new_on_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written, compiled, compared = [f"*a*b{at}" for at in range(300)], list[str](), list[str]()

    def counted(pattern: str) -> str:
        compiled.append(pattern)
        return translate(pattern)

    def normal(text: str) -> str:
        compared.append(text)
        return text

    (tmp_path / "pyproject.toml").write_text(f"[tool.archcalc]\nexclude = {written}\n", encoding="utf-8")
    folder = tmp_path.joinpath(*"d" * 40)
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text(BIAS, encoding="utf-8")
    monkeypatch.setattr(patterns, "translate", counted)
    monkeypatch.setattr(os.path, "normcase", normal)
    assert run(capsys, "check", str(tmp_path)).out.count("AC301") == 1
    assert sorted(compiled) == sorted(written)
    assert len(compared) < 300 * 100  # 41 steps, each by its way and its name


def test_folders_are_walked_however_deep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(1100):
            Path("d").mkdir()
            os.chdir("d")
        Path("a.yaml").write_text(BIAS, encoding="utf-8")
        ran = run(capsys, "check", str(tmp_path))
        Path("a.yaml").unlink()
    finally:  # what removes the folder behind the tests goes down by recursion
        while Path.cwd() != tmp_path:
            os.chdir("..")
            Path("d").rmdir()
        os.chdir(here)
    assert (ran.code, ran.out.count("AC301")) == (1, 1)


def _killed_once(task: Task) -> FileReport:
    """A file of this name ends the process that first checks it."""
    mark = Path(f"{task.source}.seen")
    always = task.source.endswith("always.yaml")
    while always and not mark.with_name("once.yaml.seen").exists():  # the other one is to be the first
        sleep(0.01)
    if always or (task.source.endswith("once.yaml") and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return one_file.check_file(task)


def test_a_killed_worker_costs_no_report(tmp_path: Path) -> None:
    names = [f"{index:02}.yaml" for index in range(20)]
    names[3], names[13] = "once.yaml", "always.yaml"
    tasks = [Task(str(tmp_path / name), ACTIVE, named=True) for name in names]
    for task in tasks:
        Path(task.source).write_text(BIAS, encoding="utf-8")
    reports = list(running._spread(_killed_once, tasks, 2))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  the real one asks for many files
    assert [report.file for report in reports] == [task.source for task in tasks]
    for name, report in zip(names, reports, strict=True):
        (found,) = report.findings
        assert found.code == ("AC001" if name == "always.yaml" else "AC301")
    assert "the process that checked this was killed" in reports[13].findings[0].message


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_process_that_started_it(by: signal.Signals, tmp_path: Path) -> None:
    for index in range(40):
        (tmp_path / f"{index}.yaml").write_text(BIAS, encoding="utf-8")
    waits = (
        "import sys, time; from archcalc.rules.engine import running\n"
        "running._cores = lambda: 2\n"
        "def waiting(*_, **__): time.sleep(60)\n"
        "running.check_file = waiting\n"
        "from archcalc.cli import main; main(['check', sys.argv[1]])"
    )
    with subprocess.Popen([sys.executable, "-c", waits, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        children: list[str] = []
        listed = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        until = monotonic() + 30
        while len(children) < 2 and monotonic() < until:
            sleep(0.05)
            children = listed.read_text(encoding="utf-8").split() if listed.exists() else []
        assert len(children) == 2
        sleep(0.3)
        parent.send_signal(by)
        assert parent.wait(10) == -by
    until = monotonic() + 10
    while any(map(_is_alive, children)) and monotonic() < until:
        sleep(0.05)
    assert not any(map(_is_alive, children))


def _is_alive(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
