"""Runs a mutant in a fork of a process that has all modules already, and judges what came of it."""

import atexit
import gc
import io
import os
import re
import resource
import sys
import tempfile
from functools import cache, partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from archcalc import cli, zoo
from archcalc.__main__ import SELDOM
from archcalc.cli import main
from archcalc.cli.app import CRASHED
from archcalc.errors import OF_ARCHCALC
from archcalc.loading import load
from archcalc.tracing import trace
from tests.fuzzing.lines import COMMANDS, FORMATS, words_of
from tests.fuzzing.mutants import Mutant, mutant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from resource import struct_rusage

MEGABYTES = 200.0
OWN = 50 * 2**20
"""Bytes of a process that runs one command, before it reads a spec."""
HANG = 20
"""Seconds of the processor after which a mutant is ended."""
LARGEST = 2 * 2**30
"""Bytes that it may ask for beside what it begins with."""
MOST_LAYERS = 120
"""Layers of the specs that are changed: of larger ones a sound mutant may take a second."""
SMALL = """\
vars: {width: 3}
inputs: {x: [3, 8, 8]}
layers: [{type: Conv2d, name: a, out_channels: =width, kernel_size: 3}, ReLU, Softmax]
"""
SMALL_NAMES = {"VAR": "width", "INPUT": "x", "SHAPE": "3,8,8", "SIZE": "x[1]", "LAYER": "a"}
"""A spec with something to say for every command, and what of it stands in command lines."""
ALONE = (
    "layer Conv2d 3,8,8 out_channels=2 kernel_size=3",
    "solve Conv2d 3,8,8 out_channels=2 kernel_size=3 --for padding --want output=7",
    "hdc 1 2 5",
    "layers Conv2d",
)
"""Commands that take none."""
REFUSED = (
    "inputs: {x: [3, 8, 8]}\nlayers: [{type: Conv2d, in_channels: 4, out_channels: 3, kernel_size: 3}]\n"
)
"""One that no command can trace, and that has a cure."""
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|^\\s*::", re.MULTILINE)
PEOPLE = ("--format", "--output-format", "--diff")
"""Options with which an output is for machines."""


class Most(NamedTuple):
    """What one mutant may take: seconds of the processor, and megabytes (of 2**20 bytes) of memory."""

    seconds: float = 1.0
    megabytes: float = MEGABYTES


class Kept(Protocol):
    """A function that keeps what it has given."""

    def cache_clear(self) -> None:
        """Forget it all."""
        ...

    def cache_parameters(self) -> dict[str, int | None]:
        """How many values it keeps at most, as ``maxsize``."""
        ...


@cache
def bases() -> tuple[object, ...]:
    """The data of the shipped specs that are small."""
    found = ((load(name), name) for name in zoo.names())
    return tuple(model.document.data for model, _ in found if len(trace(model).layers) <= MOST_LAYERS)


@cache
def nowhere() -> str:
    """A folder with nothing in it or above it that commands could find."""
    made = tempfile.TemporaryDirectory()
    atexit.register(made.cleanup)
    path = Path(made.name) / "in" / "here"
    path.mkdir(parents=True)
    return str(path)


@cache
def prepare() -> None:
    """Run every command once: forks then have the modules of all, which take longer to import than to use."""
    streams = sys.stdin, sys.stdout, sys.stderr
    for arguments, text in _prepared():
        sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        try:
            cli.main(arguments)
        except SystemExit:  # how every command ends
            pass
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
    nowhere()
    forget()
    gc.collect()
    gc.freeze()  # what is collected later would copy what forks share
    # Python counts them one by one, and walks ask that: ten ms each here, where a command has frozen nothing.
    frozen = gc.get_freeze_count()
    gc.get_freeze_count = lambda: frozen


def _prepared() -> "Iterator[tuple[tuple[str, ...], str]]":
    for command, options in COMMANDS.items():
        yield (command, "-"), REFUSED
        for option in (*options, *(f"--format {name}" for name in FORMATS)):
            yield (command, "-", *words_of(option, SMALL_NAMES)), SMALL
    for line in ALONE:
        yield tuple(line.split()), ""


def forget() -> None:
    """Throw away what commands keep of specs; what they keep without a bound is of the package."""
    for function in kept():
        function.cache_clear()


@cache
def kept() -> tuple[Kept, ...]:
    """The functions of the package that keep some of what they have given."""
    found = (
        cast("Kept", value)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "archcalc"
        for value in vars(module).values()
        if hasattr(value, "cache_parameters")
    )
    return tuple(
        {id(each): each for each in found if each.cache_parameters()["maxsize"] is not None}.values()
    )


def judged(seed: int, most: Most) -> str:
    """What is wrong with a mutant that has a process of its own; empty where nothing is."""
    tried = mutant(seed, bases())
    inherited = shared()

    def run(say: "Callable[[bytes], object]") -> None:
        bound(HANG)
        say(wrong(tried).encode(errors="replace")[:2000])

    said, status, used = in_a_fork(run)
    stream = len(tried.text)  # which the command reads, and would not hold
    took, memory = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 - inherited - stream
    what = [said.decode(errors="replace")] if said else []
    if os.WIFSIGNALED(status):
        what.append(f"ended by signal {os.WTERMSIG(status)}")
    if took > most.seconds:
        what.append(f"{took:.2f} s of the processor")
    if memory > most.megabytes * 2**20:
        what.append(f"{memory / 2**20:.0f} MB")
    return f"{' '.join(tried.arguments)}: {'; '.join(what)}" if what else ""


def in_a_fork(run: "Callable[[Callable[[bytes], object]], None]") -> "tuple[bytes, int, struct_rusage]":
    """Run this in a fork, which ends with it: what it says, its status, and what it used."""
    read, write = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.close(read)
            os.chdir(nowhere())
            gc.set_threshold(*SELDOM)  # as in a process of a command
            run(partial(os.write, write))
        finally:  # whatever happened: nothing may go on in two processes
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        said = told.read()
    _, status, used = os.wait4(process, 0)
    return said, status, used


def shared() -> int:
    """Bytes of this process that count as those of its forks too, beside what a command has anyway."""
    return _pages(1) - OWN


def _pages(which: int) -> int:
    """Bytes of this process now: 0, all addresses that it may use; 1, those in memory."""
    with Path("/proc/self/statm").open(encoding="ascii") as numbers:
        return int(numbers.read().split()[which]) * resource.getpagesize()


def bound(seconds: float) -> None:
    """End this process after so many further seconds of the processor, and give it no memory without end."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    last = ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (last, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    most = _pages(0) + LARGEST
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def wrong(tried: Mutant) -> str:
    """What is wrong with what a mutant says, and how it ends, in this process; its streams are given away."""
    said = ""
    out, err = io.StringIO(), io.StringIO()
    try:
        sys.stdin = io.TextIOWrapper(io.BytesIO(tried.text.encode(errors="surrogatepass")))
        sys.stdout, sys.stderr = out, err
        main(tried.arguments)
    except SystemExit as end:
        if end.code == CRASHED:
            said = err.getvalue()[:300]
        elif end.code not in (0, 1, 2, None):
            said = f"exit code {end.code!r}"
    except BaseException as error:  # noqa: BLE001  whatever it is, it is what is looked for
        said = f"{type(error).__name__}: {str(error)[:200]}"
    said = said or out.getvalue().partition(OF_ARCHCALC)[2][:200]  # of a rule: it is a finding
    if not said and not any(word in tried.arguments for word in PEOPLE):
        raw = RAW.search(out.getvalue()) or RAW.search(err.getvalue())
        said = f"raw {raw[0]!r} in what is printed" if raw and tried.arguments[0] != "export" else ""
    return said
