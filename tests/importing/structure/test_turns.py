"""Expressions of a repeat's turn, evaluated by the language itself."""

import random
from dataclasses import dataclass

import pytest

from archcalc.expressions import Value, evaluate
from archcalc.importing.structure.turns import by_turn, literal


@dataclass(frozen=True)
class Turn:
    """The only name in an expression of the turn."""

    i: int

    def lookup(self, name: str) -> Value:
        """Its number."""
        assert name == "i"
        return self.i

    def known(self) -> tuple[str, ...]:
        """That name."""
        return ("i",)


def values_of(text: str, turns: int) -> list[Value]:
    """What an expression is in each turn."""
    return [evaluate(f"={text}", Turn(i)) for i in range(turns)]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([2, 1, 1], "2 if i == 0 else 1"),
        ([True, False, False], "i == 0"),
        ([False, True], "i != 0"),
        ([0, 3, 0, 3], "3 * (i % 2)"),
        (["ReLU", "GELU", "ReLU"], '"ReLU" if i % 2 == 0 else "GELU"'),
        ([4, 6, 8, 10], "4 + 2 * i"),
        ([5, 4, 3], "5 - i"),
        ([1, 2, 4, 8], "2 ** i"),
        ([3, 9, 27], "3 * 3 ** i"),
        ([1, 1, 2], "1 if i < 2 else 2"),
        ([0.0, 0.1, 0.2], "i / 10"),
        ([0.2, 0.15, 0.1], "(4 - i) / 20"),
        ([[0, 0], [3, 3]], "[0, 0] if i == 0 else [3, 3]"),
        ([1, 5, 2, 7], None),
    ],
)
def test_values_become_an_expression_that_has_them(values: list[object], text: str | None) -> None:
    assert by_turn(values) == text
    if text is not None:
        assert (
            values_of(text, len(values)) == pytest.approx(values) if isinstance(values[0], float) else values
        )


def test_whatever_is_written_has_the_values() -> None:
    """Random short sequences; of those that have an expression each turn is evaluated."""
    seed = random.randrange(2**32)  # noqa: S311  a test
    draw = random.Random(seed)  # noqa: S311  as above
    written = 0
    for _ in range(400):
        values = [draw.randint(0, 3) for _ in range(draw.randint(2, 5))]
        if len(set(values)) > 1 and (text := by_turn(values)) is not None:
            written += 1
            assert values_of(text, len(values)) == values, f"seed {seed}: {values}"
    assert written > 100


@pytest.mark.parametrize("value", [1, 2.5, 1e-06, True, None, "ReLU", [1, [2, 3]]])
def test_a_literal_reads_as_its_value(value: object) -> None:
    assert evaluate(f"={literal(value)}", Turn(0)) == value
