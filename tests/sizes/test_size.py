"""The size itself: random calculations at other sizes, methods of int that none may leak, texts."""

import math
import operator
import pickle
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.errors import Fault
from archcalc.render.explanation_latex import latex_term
from archcalc.sizes.places import MAX_TERMS
from archcalc.sizes.replay import At, Over
from archcalc.sizes.size import Size, plain
from archcalc.sizes.symbols import MAX_DEPTH, symbolic, where
from archcalc.sizes.tape import Tape
from archcalc.sizes.terms import term_text
from tests.samples import samples
from tests.sizes.remembering import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

SILENT = {
    *("__new__", "__init__", "__class__", "__getattribute__", "__doc__", "__sizeof__", "__reduce_ex__"),
    *("__delattr__", "__dir__", "__getstate__", "__init_subclass__", "__setattr__", "__subclasshook__"),
    *("from_bytes", "denominator", "imag"),
}
"""Of int, what does not read the number; a denominator is 1 and an imaginary part 0 at every size."""


def test_no_method_of_int_is_left_as_it_is() -> None:
    assert {name for name in dir(int) if name not in vars(Size)} <= SILENT


def calculated(random: "Random", sizes: "Sequence[int]") -> list[int]:
    """A random calculation; with the same random numbers the same one, as far as comparisons go alike."""
    numbers = [*sizes, 1, 2]
    for _ in range(random.randint(1, 14)):
        way, one, other = random.randrange(15), random.choice(numbers), random.choice(numbers)
        few = random.choice((1, 2, 3, 4, 6, 8, -1, -3))
        new = (
            one + other if way == 0
            else one - other if way == 1
            else one * other if way == 2
            else one // few if way == 3
            else -(-one // few) if way == 4
            else one % few if way == 5
            else one // other if way == 6 and other
            else one % other if way == 7 and other
            else max(one, other) if way == 8
            else min(few, one, other) if way == 9
            else abs(one) if way == 10
            else one ** random.choice((0, 1, 2)) if way == 11
            else few - one if way == 12
            else math.prod((one, few, other)) if way == 13
            else sum((one, few, other)) + (7 if one == other or one < few <= other else 0)
        )  # fmt: skip
        numbers.append(new if -(10**9) < new < 10**9 else few)
    return numbers


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=3),
    steps=st.lists(st.integers(-3, 9), min_size=3, max_size=3),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=samples(1500), deadline=None, print_blob=True)
def test_random_calculations_at_other_sizes(sizes: list[int], steps: list[int], seed: int) -> None:
    tape = Tape()
    found = calculated(seeded(seed), [tape.give(f"n{index}", size) for index, size in enumerate(sizes)])
    assert list(map(plain, found)) == calculated(seeded(seed), sizes)
    moves = [[max(1, size + step) for size, step in zip(sizes, steps, strict=False)]]
    moves += [[size * 2 for size in sizes], [sizes[0] + steps[0], *sizes[1:]], [-size for size in sizes]]
    columns = {f"n{index}": np.array(column) for index, column in enumerate(zip(*moves, strict=True))}
    over = Over(tape, columns)
    for turn, moved in enumerate(moves):
        at = At(tape, {f"n{index}": size for index, size in enumerate(moved)})
        assert bool(over.valid[turn]) != any(at.broken())
        if over.valid[turn]:
            assert list(map(at.of, found)) == calculated(seeded(seed), moved), list(where(tape))
            assert [over.of(number)[turn] for number in found] == list(map(at.of, found))


def test_most_random_calculations_go_on_holding() -> None:
    """Else the test above would compare nothing."""
    held = 0
    for seed in range(300):
        tape = Tape()
        calculated(seeded(seed), [tape.give("n", 12), tape.give("m", 20)])
        held += not any(At(tape, {"n": 14, "m": 22}).broken())
    assert held > 100


def test_quotients_and_remainders_of_each_other() -> None:
    """All of small numbers, in one form each: equal at every size."""
    for factor, more, inner, outer, extra in product(
        (-6, -1, 1, 4), (-3, 0, 2), (-4, 2, 6), (-3, 1, 4), (0, 5)
    ):
        tape = Tape()

        def calculate(n: int, *by: int) -> tuple[int, ...]:
            first = (by[0] * n + by[1]) // by[2]
            second = (first + by[4]) // by[3]
            return second, (first + by[4]) % by[3], -(-second // by[2]), (2 * first + by[1]) // by[3]

        by = factor, more, inner, outer, extra
        found = calculate(tape.give("n", 7), *by)
        assert tuple(map(plain, found)) == calculate(7, *by)
        for size in range(-9, 26):
            at = At(tape, {"n": size})
            assert tuple(map(at.of, found)) == calculate(size, *by), (by, size)


PINNING: "list[Callable[[int], object]]" = [
    int,
    float,
    hash,
    str,
    repr,
    lambda n: n * 0.5,
    lambda n: n + Fraction(1, 2),
    lambda n: Fraction(1, 2) * n,
    lambda n: Fraction(n, 3),
    lambda n: Fraction(3, n) < n,
    lambda n: n / 5,
    lambda n: 100.5 - float(n),
    lambda n: n < 12.5,
    lambda n: n == 12.0,
    lambda n: [0] * n,
    lambda n: (0,) * n,
    lambda n: n * "ab",
    lambda n: f"{n:,}",
    lambda n: {n: 1},
    lambda n: n in {12, 13},
    lambda n: n & 3,
    lambda n: 1 << n,
    lambda n: ~n,
    lambda n: 2**n,
    lambda n: n**-1,
    lambda n: n**100,
    lambda n: pow(n, 2, 7),
    lambda n: round(n, -1),
    lambda n: n.bit_length(),
    lambda n: n.to_bytes(2),
    lambda n: n.as_integer_ratio(),
    math.sqrt,
    lambda n: n.numerator,
    lambda n: n.__index__(),
    lambda n: pickle.loads(pickle.dumps(n)),  # noqa: S301  its own
]


@pytest.mark.parametrize("function", PINNING)
def test_what_is_not_followed_holds_at_its_value_alone(function: "Callable[[int], object]") -> None:
    tape = Tape()
    found = function(tape.give("n", 12))
    assert found == function(12)
    assert not isinstance(found, Size)
    assert [any(At(tape, {"n": size}).broken()) for size in (11, 12, 13)] == [True, False, True]


FOLLOWING: "list[tuple[Callable[[int], object], str]]" = [
    (lambda n: +n, "n"),
    (lambda n: n * 1 + 0, "n"),
    (lambda n: n - n + 3, "3"),
    (lambda n: 0 * n, "0"),
    (math.ceil, "n"),
    (math.floor, "n"),
    (math.trunc, "n"),
    (round, "n"),
    (lambda n: n.conjugate(), "n"),
    (lambda n: n / 4, "n // 4"),
    (lambda n: divmod(n, 5)[1], "n % 5"),
    (lambda n: divmod(100, n)[0], "100 // n"),
    (lambda n: (n - 1) // 2 + 1, "ceil(n / 2)"),
    (lambda n: -(-n // 8) * 8, "8 * ceil(n / 8)"),
    (lambda n: ((n + 1) // 2 + 1) // 2, "ceil(n / 4)"),
    (lambda n: (4 * n + 6) // 4, "n + 1"),
    (lambda n: (4 * n + 6) // 10, "(2 * n + 3) // 5"),
    (lambda n: (6 * n + 3) // 3, "2 * n + 1"),
    (lambda n: n * n * 3 // n, "3 * n"),
    (lambda n: n * n % n, "0"),
    (lambda n: (n + 1) ** 2, "n ** 2 + 2 * n + 1"),
    (lambda n: (7 * n + 9) % 4, "(3 * n + 1) % 4"),
    (lambda n: n // -5, "-ceil(n / 5)"),
    (lambda n: 3 - n * 2, "-2 * n + 3"),
    (lambda n: (n + 1) // (n - 2), "(n + 1) // (n - 2)"),
    (lambda n: math.prod((2, n, 3)), "6 * n"),
    (lambda n: sum((2, n, 3)), "n + 5"),
]


@pytest.mark.parametrize(("function", "written"), FOLLOWING)
def test_formulas_in_names(function: "Callable[[int], object]", written: str) -> None:
    tape = Tape()
    found = function(tape.give("n", 12))
    assert isinstance(found, int)
    assert found == function(12)
    assert term_text(symbolic(found)) == written


CONDITIONS: "list[tuple[Callable[[int], object], list[str]]]" = [
    (lambda n: n < 20, ["n is at most 19"]),
    (lambda n: 5 <= n < 20, ["n is from 5 to 19"]),
    (lambda n: n > 20, ["n is at most 20"]),
    (bool, ["n != 0"]),
    (lambda n: n % 4 == 0, ["n % 4 == 0"]),
    (lambda n: n % 5 >= 1, ["n % 5 >= 1"]),
    (lambda n: n % 5 >= 0, []),
    (lambda n: n % 5 != 0, ["n % 5 != 0"]),
    (lambda n: n % 5 != 7, []),
    (lambda n: n % 5 < 5, []),
    (lambda n: n * n > 100, ["n ** 2 >= 101"]),
    (lambda n: n < 20 and n * n > 100, ["n is at most 19", "n ** 2 >= 101"]),
    (lambda n: (n + 3) // 2 == 7, ["n is from 11 to 12"]),
    (lambda n: -(-n // 5) >= 3, ["n is at least 11"]),
    (lambda n: 3 * n - 7 > 2, ["n is at least 4"]),
    (lambda n: n + 3 > n, []),
    (lambda n: min(n, 8), ["n is at least 9"]),
    (lambda n: max(n, 8), ["n is at least 8"]),
    (lambda n: n >= 12 and n != 12, ["n is 12"]),
    (lambda n: n > 3 and n * n > 9, ["n is at least 4"]),
    (lambda n: 30 // n, ["n != 0"]),
    (lambda n: n * n == 144, ["n ** 2 == 144"]),
    (lambda n: n in (3, 4), ["n != 3", "n != 4"]),
]


@pytest.mark.parametrize(("function", "conditions"), CONDITIONS)
def test_conditions(function: "Callable[[int], object]", conditions: list[str]) -> None:
    tape = Tape()
    function(tape.give("n", 12))
    assert list(where(tape)) == conditions


def test_long_sums_get_a_place_of_their_own() -> None:
    """So that products of them stay short."""
    tape = Tape()
    sizes = [tape.give(f"n{index}", index + 1) for index in range(2 * MAX_TERMS)]
    found = sum(sizes) ** 2 * sizes[0]
    assert isinstance(found, Size)
    assert len(found.polynomial) < MAX_TERMS
    other = At(tape, {f"n{index}": index * index + 1 for index in range(2 * MAX_TERMS)})
    assert other.of(found) == sum(index * index + 1 for index in range(2 * MAX_TERMS)) ** 2


def test_bounds_of_numbers_beyond_any_float() -> None:
    """A quotient of 2^1200 times a size that may be any: infinity is not added to it."""
    tape = Tape()
    sizes = tape.give("n", 3), tape.give("m", 4)
    for sign in (1, -1):
        found = (sign * 2**1200 * sizes[0] + sizes[1] + 2**1090) // (2**1100 + 1)
        assert isinstance(found, Size)
        assert At(tape, {"n": 5, "m": 7}).of(found) == (sign * 2**1200 * 5 + 7 + 2**1090) // (2**1100 + 1)


def test_formulas_as_deep_as_a_sum_is_long_are_written() -> None:
    tape = Tape()
    sizes = [tape.give(f"n{index}", index + 1) for index in range(40 * MAX_TERMS)]
    term = symbolic(sum(sizes))
    assert sorted(term_text(term).split(" + ")) == sorted(f"n{index}" for index in range(40 * MAX_TERMS))
    assert latex_term(term).count(" + ") == 40 * MAX_TERMS - 1


def test_quotients_inside_one_another_are_written_as_far_as_python_calls() -> None:
    tape = Tape()
    found: int = tape.give("n", 2)
    other = tape.give("m", 3)
    for _ in range(MAX_DEPTH):
        found = (found + other) // 7
    assert term_text(symbolic(found)).count("//") == MAX_DEPTH
    with pytest.raises(Fault, match=f"more than {MAX_DEPTH} quotients and sums inside one another"):
        symbolic((found + other) // 7)


def test_a_power_of_a_sum_is_short_and_followed() -> None:
    """Written out, this one has 9.7 million terms."""
    tape = Tape()
    total = sum(tape.give(f"n{index}", 1) for index in range(14))
    found = total**12
    assert isinstance(found, Size)
    assert len(found.polynomial) <= MAX_TERMS
    assert len(tape.places) < 14 + 12
    assert At(tape, {"n0": 4}).of(found) == 17**12


def test_sizes_of_two_tapes_do_not_mix() -> None:
    one, two = Tape(), Tape()
    found = one.give("n", 3) * two.give("n", 4)
    assert plain(found) == 12
    assert not isinstance(found, Size)
    assert any(At(one, {"n": 2}).broken())
    assert any(At(two, {"n": 5}).broken())


def test_a_division_by_nothing_is_one() -> None:
    size = Tape().give("n", 0)
    for name in ("floordiv", "mod", "truediv"):
        with pytest.raises(ZeroDivisionError):
            getattr(operator, name)(3, size)
    with pytest.raises(ZeroDivisionError):
        divmod(3, size)
