"""Mutants of the fuzzer in every run, and whether it sees what is wrong; what fails names its seed."""

import io
import os
import sys
from typing import TYPE_CHECKING

import pytest

from archcalc import effort
from archcalc.cli import main
from archcalc.errors import OF_ARCHCALC
from archcalc.expressions.parsing import syntax_tree
from tests.fuzzing import batches, running
from tests.fuzzing.mutants import Mutant, mutant
from tests.fuzzing.running import Most
from tests.samples import samples, seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

COUNT = samples(60_000)
"""They take some five thousandths of a second each."""
SLOW = Most(seconds=5.0)
"""Seconds of the processor here: a busy machine takes more than the one that the script is meant for."""
SEEDS = range(70, 100)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and measures them, as Linux does")


def test_fresh_mutants_end_well() -> None:
    first = seed(5_000_000_000)
    assert not [*filter(None, batches.fuzz(range(first, first + COUNT), len(os.sched_getaffinity(0)), SLOW))]


def test_a_seed_makes_one_mutant_and_seeds_differ() -> None:
    assert mutant(7, running.bases()) == mutant(7, running.bases())
    assert len({mutant(each, running.bases()) for each in range(50)}) == 50


WRONG = {
    "crash": "RecursionError",
    "slow": "of the processor",
    "large": " MB",
    "raw": "raw",
    "judged": "ZeroDivisionError",
}


def _broken(wrong: str) -> None:
    if wrong == "crash":
        raise RecursionError
    if wrong == "large":
        assert bytearray(300 * 2**20)
    while wrong == "slow":
        effort.spend(1)
    if wrong == "judged":
        sys.stdout.write(f"AC305 did not judge this, {OF_ARCHCALC}: ZeroDivisionError")
    if wrong == "raw":
        sys.stdout.write("\x1b[2J")


@pytest.mark.parametrize("wrong", WRONG)
def test_the_fuzzer_sees_what_must_not_happen(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        _broken(wrong)

    monkeypatch.setattr(running, "main", broken)
    monkeypatch.setattr(running, "HANG", 0.5)
    assert WRONG[wrong] in running.judged(6, Most(0.5))  # which is for people, so that raw characters count


def test_among_many_in_one_fork_it_sees_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = dict(zip(SEEDS[3::4], WRONG, strict=False))

    def main_of_few(arguments: "tuple[str, ...]") -> None:
        _broken(next((fault for each, fault in faults.items() if commands[each] == arguments), ""))

    def plain(each: int, _: object) -> Mutant:
        return Mutant(commands[each], "")

    commands = {each: (str(each),) for each in SEEDS}
    monkeypatch.setattr(running, "main", main_of_few)
    monkeypatch.setattr(running, "HANG", 0.5)
    for room in (running, batches):
        monkeypatch.setattr(room, "mutant", plain)
    told = dict(zip(SEEDS, batches.in_forks(SEEDS, Most(0.5)), strict=True))
    assert {each for each, what in told.items() if what} == set(faults)
    assert all(WRONG[fault] in told[each] for each, fault in faults.items())


def test_what_happens_only_behind_others_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    before: list[object] = []

    def remembering(arguments: "tuple[str, ...]") -> None:
        before.append(arguments)
        if len(before) > 7:
            raise RecursionError

    monkeypatch.setattr(running, "main", remembering)
    told = list(batches.in_forks(SEEDS, SLOW))
    assert [index for index, what in enumerate(told) if what] == [7, 15, 23]
    assert told[7] == f"not alone, but behind those from {SEEDS[0]} on: RecursionError: "


def test_commands_say_behind_others_what_they_say_alone(
    tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    running.prepare()

    def outcomes(run: "Callable[[], Iterable[str]]", name: str) -> list[str]:
        def kept(tried: Mutant) -> str:
            before = syntax_tree.cache_info().currsize
            out, err, code = io.StringIO(), io.StringIO(), None
            sys.stdin = io.TextIOWrapper(io.BytesIO(tried.text.encode(errors="surrogatepass")))
            sys.stdout, sys.stderr = out, err
            try:
                main(tried.arguments)
            except SystemExit as end:
                code = end.code
            with (tmp_path / name).open("a", encoding="utf-8", errors="replace") as file:
                file.write(f"{tried.arguments} {code} {out.getvalue()!r} {err.getvalue()!r}\n")
            return f"{before} trees are kept" if before and name == "together" else ""

        for room in (running, batches):
            monkeypatch.setattr(room, "wrong", kept)
        assert not "".join(run())
        return (tmp_path / name).read_text(encoding="utf-8").splitlines()

    together = outcomes(lambda: batches.in_forks(SEEDS, Most(60.0)), "together")
    alone = outcomes(lambda: (running.judged(each, Most(60.0)) for each in SEEDS), "alone")
    assert len(alone) == len(SEEDS)
    assert together == alone


def test_what_is_kept_of_specs_is_forgotten() -> None:
    syntax_tree("=1 + 1")
    running.forget()
    assert id(syntax_tree) in map(id, running.kept())
    assert not syntax_tree.cache_info().currsize
