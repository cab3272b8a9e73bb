"""A few mutants of the fuzzer in every run; what is wrong with one names its seed."""

import os
import sys

import pytest

from archcalc import effort
from tests.fuzzing import running
from tests.fuzzing.mutants import mutant
from tests.samples import samples, seed

COUNT = samples(600)
"""They take a fiftieth of a second each: more are for ``python -m tests.fuzzing``."""
SLOW = 5.0
"""Seconds of the processor here: a busy machine takes more than the one that the script is meant for."""
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="forks, and measures them, as Linux does")


@ON_LINUX
def test_fresh_mutants_end_well() -> None:
    first = seed(5_000_000_000)
    assert not [*filter(None, running.fuzz(range(first, first + COUNT), len(os.sched_getaffinity(0)), SLOW))]


def test_a_seed_makes_one_mutant_and_seeds_differ() -> None:
    assert mutant(7, running.bases()) == mutant(7, running.bases())
    assert len({mutant(each, running.bases()) for each in range(50)}) == 50


@ON_LINUX
@pytest.mark.parametrize("wrong", ["crash", "slow", "large", "raw"])
def test_the_fuzzer_sees_what_must_not_happen(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        if wrong == "crash":
            raise RecursionError
        if wrong == "large":
            assert bytearray(300 * 2**20)
        while wrong == "slow":
            effort.spend(1)
        if wrong == "raw":
            sys.stdout.write("\x1b[2J")

    monkeypatch.setattr(running, "main", broken)
    monkeypatch.setattr(running, "HANG", 1)
    said = running.judged(3, 0.5)
    assert {"crash": "RecursionError", "slow": "of the processor", "large": " MB", "raw": "raw"}[
        wrong
    ] in said
