"""Imports every model of ``models.csv``, or those named, and prints what came of it.

``python -m tests.importing.table [--write] [--processes 1] [NAMES OR BEGINNINGS]``; with ``--write`` the page
``docs/import_models.md`` and the list ``gaps.csv`` are written anew, from all of them.
"""

import sys
from argparse import ArgumentParser
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.importing.gaps import write_gaps
from tests.importing.judging import Judged, judged, safely
from tests.importing.models import rows
from tests.importing.page import write_page

PROCESSES = 2


def line(found: Judged) -> str:
    """A model in a line, as it is printed."""
    said = "; ".join(f"{what}: {reason}" for what, reason in found.gaps.items()) or "exact"
    return f"{found.model}: {said} | {found.layers} layers, {found.lines} lines, {found.seconds:.1f} s"


def main(words: list[str]) -> int:
    """Print a line for each model, and how many are right."""
    parser = ArgumentParser("python -m tests.importing.table")
    parser.add_argument("names", nargs="*", help="models, or beginnings of their names")
    parser.add_argument("--write", action="store_true", help="write the page and the list of gaps")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    given = parser.parse_args(words)
    names = [name for name in rows() if not given.names or name.startswith(tuple(given.names))]
    if given.write and given.names:
        parser.error("--write needs all models: give no names")
    every: list[Judged] = []
    with ProcessPoolExecutor(max(1, min(given.processes, len(names)))) as pool:
        for found in pool.map(partial(safely, judged), names):
            every.append(found)
            print(line(found), flush=True)  # noqa: T201  it is what the script is for
    lacking = Counter(what for found in every for what in found.gaps)
    right = sum(not found.gaps for found in every)
    print(f"{right} of {len(every)} exact without Opaque; {dict(lacking)}")  # noqa: T201
    if given.write:
        write_page(every)
        write_gaps(every)
    return int(right < len(every))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
