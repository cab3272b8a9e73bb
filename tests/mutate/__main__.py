"""Put every mutant in, run its tests, and say which nothing noticed; the working tree is never changed."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from time import sleep

from tests.mutate.mutant import MUTANTS, Mutant
from tests.mutate.trial import LIBRARIES, Trial, Verdict


def chosen(words: Sequence[str]) -> tuple[Mutant, ...]:
    """The mutants whose name or tests hold any of the words; all of them for none."""
    return tuple(
        mutant
        for mutant in MUTANTS
        if not words or any(word in f"{mutant.name} {' '.join(mutant.tests)}" for word in words)
    )


def verdicts(mutants: Sequence[Mutant], processes: int) -> Iterator[tuple[Mutant, Verdict]]:
    """What came of every mutant, so many at a time, as they end."""
    waiting, running = list(mutants), list[tuple[Mutant, Trial]]()
    while waiting or running:
        while waiting and len(running) < processes:
            mutant = waiting.pop(0)
            running.append((mutant, Trial(mutant, mutant.tests)))
        for mutant, trial in [pair for pair in running if pair[1].over]:
            running.remove((mutant, trial))
            yield mutant, trial.verdict()
        sleep(0.05)


def sound(mutants: Sequence[Mutant]) -> bool:
    """Whether the tests pass as long as nothing is changed."""
    trial = Trial(None, sorted({test for mutant in mutants for test in mutant.tests}))
    while not trial.over:
        sleep(0.05)
    verdict = trial.verdict()
    if verdict.word != "SURVIVES":
        sys.stdout.write(f"the tests do not pass without any change:\n{verdict.log}\n")
    return verdict.word == "SURVIVES"


def main(arguments: Sequence[str]) -> int:
    """Run the trials; 1 where a mutant survives or its tests cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    parser.add_argument("words", nargs="*", help="only mutants whose name or tests hold one of these words")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    parser.add_argument("--processes", type=int, default=2, help="trials at a time")
    parser.add_argument("--unchecked", action="store_true", help="skip the run without a change")
    options = parser.parse_args(arguments)
    mutants = chosen(options.words)
    if options.list:
        sys.stdout.write("".join(f"{mutant.name}\n" for mutant in mutants))
        return 0
    for library in LIBRARIES:
        import_module(library)
    if not options.unchecked and not sound(mutants):
        return 1
    missed: list[str] = []
    for mutant, verdict in verdicts(mutants, options.processes):
        sys.stdout.write(f"{verdict.word:8} {verdict.seconds:6.1f} s  {mutant.name}\n")
        sys.stdout.flush()
        if verdict.word == "NOT RUN":
            sys.stdout.write(verdict.log)
        if verdict.word not in ("noticed", "endless"):
            missed.append(mutant.name)
    sys.stdout.write(f"{len(mutants)} mutants, {len(missed)} that nothing noticed\n")
    return 1 if missed or not mutants else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
