"""``python -m tests.fuzzing --count 1000000 --seed 1 --processes 2``: what must not happen, with its seed.

Each mutant is a spec and a command line made of its seed alone. Reported are faults of the program (exit code
70 or an exception), more than a second of the processor, more than 200 MB, and control characters or commands
of GitHub in what is for people. ``--show SEED`` prints a mutant instead.
"""

import argparse
import sys
from contextlib import suppress

from tests.fuzzing.batches import fuzz
from tests.fuzzing.mutants import mutant
from tests.fuzzing.running import MEGABYTES, Most, bases


def main() -> int:
    """Run the mutants of so many seeds; 1 where something is reported."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    asked.add_argument("--count", type=int, default=20_000, help="mutants")
    asked.add_argument("--seed", type=int, default=0, help="of the first; each further one is one higher")
    asked.add_argument("--processes", type=int, default=1)
    asked.add_argument("--show", type=int, metavar="SEED", help="print the mutant of a seed, and run nothing")
    asked.add_argument("--seconds", type=float, default=1.0, help="of the processor that one may take")
    asked.add_argument("--megabytes", type=float, default=MEGABYTES, help="of memory that one may take")
    given = asked.parse_args()
    if given.show is not None:
        found = mutant(given.show, bases())
        sys.stderr.write(f"archcalc {' '.join(map(repr, found.arguments))}\n")
        sys.stdout.write(f"{found.text}\n")
        return 0
    done = reported = 0
    with suppress(KeyboardInterrupt):  # what has been done counts
        most = Most(given.seconds, given.megabytes)
        for report in fuzz(range(given.seed, given.seed + given.count), given.processes, most):
            done += 1
            if report:
                reported += 1
                sys.stdout.write(f"{report}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{done:,} mutants from seed {given.seed} on: {reported} reported\n")
    sys.stdout.flush()
    return 1 if reported else 0


if __name__ == "__main__":
    sys.exit(main())
