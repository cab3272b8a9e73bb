"""Many mutants in one fork: whatever is odd in it is run once more, alone, and judged there.

A fork copies the pages of what it looks at, and makes what any command needs once: that costs several times
what a mutant does. What commands keep of specs is thrown away before each mutant, so that one finds what it
would find in a process of its own.
"""

import resource
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import process_time
from typing import TYPE_CHECKING

from tests.fuzzing.mutants import mutant
from tests.fuzzing.running import Most, bases, bound, forget, in_a_fork, judged, prepare, shared, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY = 200
"""Mutants that one fork runs, where none of them is odd."""
ODD = 0.5
"""Share of the time and memory that may be taken, beyond which a mutant gets a process of its own."""
FINE, ENDED = b".", b"!"
"""What a fork says of a mutant that is not odd; and of one that is, before what is wrong with it."""


def fuzz(seeds: range, processes: int, most: Most) -> "Iterator[str]":
    """What is wrong with each mutant, on a line that begins with its seed; empty where nothing is."""
    bases()
    prepare()
    batches = (seeds[first : first + MANY] for first in range(0, len(seeds), MANY))
    with ThreadPoolExecutor(processes) as pool:
        for batch, told in pool.map(partial(_told, most), batches):
            yield from (
                f"seed {seed}: {what}" if what else "" for seed, what in zip(batch, told, strict=True)
            )


def _told(most: Most, seeds: range) -> tuple[range, list[str]]:
    return seeds, list(in_forks(seeds, most))


def in_forks(seeds: range, most: Most) -> "Iterator[str]":
    """What is wrong with each mutant: of an odd one, what is when it is run alone."""
    while seeds:
        fine, said = _forked(seeds, most)
        yield from [""] * fine
        if fine < len(seeds):
            alone = judged(seeds[fine], most)
            yield alone or (f"not alone, but behind those from {seeds[0]} on: {said}" if said else "")
        seeds = seeds[fine + 1 :]


def _forked(seeds: range, most: Most) -> tuple[int, str]:
    """How many of the first mutants are fine in a fork, and what is wrong with the next; empty: its price."""
    said, _, _ = in_a_fork(partial(_run, seeds, most, shared() + ODD * most.megabytes * 2**20))
    odd = said.lstrip(FINE)
    return len(said) - len(odd), odd[len(ENDED) :].decode(errors="replace")


def _run(seeds: range, most: Most, large: float, say: "Callable[[bytes], object]") -> None:
    """The mutants in this process, as far as they are fine, and what is said of each."""
    for seed in seeds:
        tried = mutant(seed, bases())
        forget()
        bound(most.seconds)
        begun = process_time()
        said = wrong(tried)
        took, memory = process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if said or took > ODD * most.seconds or memory > large:
            say(ENDED + said.encode(errors="replace")[:2000])
            return
        say(FINE)
