"""Records every model of ``models.csv``, or those named, and prints what came of it.

``python -m tests.importing.table [NAMES OR BEGINNINGS]``
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from traceback import format_exc

from tests.importing.models import recorded, rows

PROCESSES = 2


def told(name: str) -> tuple[bool, str]:
    """Whether a model is recorded with the macs, params and buffers of its row, and a line on it."""
    row, start = rows()[name], perf_counter()
    try:
        seen = recorded(name)
    except Exception as error:  # noqa: BLE001  the table goes on
        last = format_exc().splitlines()[-1] if str(error) == "" else str(error)
        return False, f"{name}: {type(error).__name__}: {last}"
    own = [each for each in seen.tensors.values() if each.owner is None]
    counts = [sum(_numbers(each.shape) for each in own if each.buffer is buffer) for buffer in (False, True)]
    wrong = [
        f"{what} {mine:,} for {theirs:,}"
        for what, mine, theirs in (
            ("macs", seen.macs, row.macs),
            ("params", counts[0], row.params),
            ("buffers", counts[1], row.buffers),
        )
        if mine != theirs
    ]
    inside = sum(call.macs for call in seen.calls)
    notes = [*seen.remarks, *([f"{seen.macs - inside:,} macs of constants"] if inside != seen.macs else [])]
    line = f"{name}: {'; '.join(wrong) or 'ok'}, {len(seen.calls)} calls, {perf_counter() - start:.2f} s"
    return not wrong, " | ".join([line, *notes])


def _numbers(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def main(words: list[str]) -> int:
    """Print a line for each model, and how many are right."""
    names = [name for name in rows() if not words or name.startswith(tuple(words))]
    right = 0
    with ProcessPoolExecutor(min(PROCESSES, len(names))) as pool:
        for good, line in pool.map(told, names):
            right += good
            print(line, flush=True)  # noqa: T201  it is what the script is for
    print(f"{right} of {len(names)}")  # noqa: T201
    return int(right < len(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
