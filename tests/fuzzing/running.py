"""Runs mutants, each in a fork of a process that has all modules already, and judges what came of it."""

import gc
import io
import os
import re
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc import cli, zoo
from archcalc.cli import main
from archcalc.cli.app import CRASHED
from archcalc.loading import load
from archcalc.tracing import trace
from tests.fuzzing.mutants import COMMANDS, Mutant, mutant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MEMORY = 200 * 2**20
OWN = 50 * 2**20
"""Bytes of a process that runs one command, before it reads a spec."""
HANG = 20
"""Seconds of the processor after which a mutant is ended."""
LARGEST = 2 * 2**30
"""Bytes that it may ask for beside what it begins with."""
MOST_LAYERS = 120
"""Layers of the specs that are changed: of larger ones a sound mutant may take a second."""
SMALL = "inputs: {x: [3, 8, 8]}\nlayers: [{type: Conv2d, out_channels: 3, kernel_size: 3}, ReLU, Softmax]\n"
"""A spec with something to say for every command."""
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|^\\s*::", re.MULTILINE)
PEOPLE = ("--format", "--output-format", "--diff")
"""Options with which an output is for machines."""


@cache
def bases() -> tuple[object, ...]:
    """The data of the shipped specs that are small."""
    found = ((load(name), name) for name in zoo.names())
    return tuple(model.document.data for model, _ in found if len(trace(model).layers) <= MOST_LAYERS)


@cache
def prepare() -> None:
    """Run every command once: forks then have the modules of all, which take longer to import than to use."""
    streams = sys.stdin, sys.stdout, sys.stderr
    for command in COMMANDS:
        sys.stdin = io.TextIOWrapper(io.BytesIO(SMALL.encode()))
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
        try:
            cli.main((command, "-"))
        except SystemExit:  # how every command ends
            pass
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
    gc.collect()
    gc.freeze()  # what is collected later would copy what forks share


def fuzz(seeds: "Iterable[int]", processes: int, seconds: float = 1.0) -> "Iterator[str]":
    """What is wrong with each mutant, on a line that begins with its seed; empty where nothing is."""
    bases()
    prepare()
    with ThreadPoolExecutor(processes) as pool:
        for seed, wrong in pool.map(partial(_told, seconds), seeds):
            yield f"seed {seed}: {wrong}" if wrong else ""


def _told(seconds: float, seed: int) -> tuple[int, str]:
    return seed, judged(seed, seconds)


def judged(seed: int, seconds: float) -> str:
    """What is wrong with a mutant; empty where nothing is."""
    tried = mutant(seed, bases())
    inherited = _pages(1) - OWN  # what a fork shares with this process counts as its own
    read, write = os.pipe()
    process = os.fork()
    if not process:
        os.close(read)
        _run(tried, write)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        said = told.read().decode()
    _, status, used = os.wait4(process, 0)
    took, memory = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 - inherited
    what = [said] if said else []
    if os.WIFSIGNALED(status):
        what.append(f"ended by signal {os.WTERMSIG(status)}")
    if took > seconds:
        what.append(f"{took:.2f} s of the processor")
    if memory > MEMORY:
        what.append(f"{memory / 2**20:.0f} MB")
    return f"{' '.join(tried.arguments)}: {'; '.join(what)}" if what else ""


def _pages(which: int) -> int:
    """Bytes of this process now: 0, all addresses that it may use; 1, those in memory."""
    with Path("/proc/self/statm").open(encoding="ascii") as numbers:
        return int(numbers.read().split()[which]) * resource.getpagesize()


def _run(tried: Mutant, write: int) -> None:
    """The mutant in this process, which ends with it; what is wrong goes down the pipe."""
    resource.setrlimit(resource.RLIMIT_CPU, (HANG, HANG + 1))
    most = _pages(0) + LARGEST
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
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
    if not said and not any(word in tried.arguments for word in PEOPLE):
        raw = RAW.search(out.getvalue()) or RAW.search(err.getvalue())
        said = f"raw {raw[0]!r} in what is printed" if raw and tried.arguments[0] != "export" else ""
    os.write(write, said.encode(errors="replace")[:2000])
    os._exit(0)
