"""Conditions on columns say what they say of each row alone."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcalc.errors import Fault
from archcalc.expressions import evaluate
from archcalc.quantities.numbers import without_units
from archcalc.sweeping.space import array_of
from archcalc.sweeping.where import FAULTY, NO, UNKNOWN, YES, condition_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.expressions import Value

NAMES = ("params", "macs", "width", "heads", "act", "rate", "deep")


class Row(dict[str, "Value"]):
    """One row's names."""

    def lookup(self, name: str) -> "Value":
        """The value of a name."""
        return self[name]

    def known(self) -> "Iterable[str]":
        """All of them."""
        return self


def drawn(count: int) -> dict[str, list[object]]:
    random = np.random.default_rng(5)
    big = [2**62, 2**63 - 1, 2**64, 5_000_000, 0]
    return {
        "params": [
            big[at] if at < 5 else int(random.integers(0, 10**7)) for at in random.integers(0, 40, count)
        ],
        "macs": random.integers(0, 3 * 10**9, count).tolist(),
        "width": random.integers(0, 9, count).tolist(),
        "heads": random.integers(0, 4, count).tolist(),
        "act": random.choice(["relu", "gelu"], count).tolist(),
        "rate": random.choice([0.1, 0.5, 1.0], count).tolist(),
        "deep": random.choice([True, False], count).tolist(),
    }


def judged_alone(text: str, values: Row) -> tuple[int, str]:
    """The verdict on one row, and why there is none."""
    try:
        return (YES if evaluate(f"={without_units(text)}", values) else NO), ""
    except Fault as fault:
        return FAULTY, fault.fact


@pytest.mark.parametrize(
    "text",
    [
        "params < 5M and macs < 1G",
        "params <= 5000000.0",
        "1M < params < 5M or not deep",
        "params * 2 < macs",
        "params * macs > 4 * params",
        "params + macs - width * 3 >= 2.5M",
        "heads != 0 and width % heads == 0",
        "width % heads == 0",
        "heads == 0 or width // heads > 1",
        "macs / params > 200",
        "width / 2 < 1.5",
        "act == 'relu' and rate < 0.3",
        "act in ['gelu'] or rate == 0.5",
        "not (deep and width > 4)",
        "min(width, heads) == 2 or max(width, 3) ** 2 > 40",
        "width > 3 if deep else width < 3",
        "params == width",
        "sqrt(width) == 2",
        "true",
    ],
)
def test_columns_say_what_rows_say(text: str) -> None:
    columns = drawn(300)
    found, faults = condition_of(text, NAMES).judged(
        {name: array_of(column) for name, column in columns.items()}, 300
    )
    seen: set[int] = set()
    for row in range(300):
        values = Row({name: column[row] for name, column in columns.items()})  # type: ignore[misc]
        want, why = judged_alone(text, values)
        assert faults.get(row, "") == why or found[row] != FAULTY
        assert found[row] == want, (text, values)
        seen.add(want)
    assert len(seen) > 1 or text == "true"


def test_what_is_not_there_decides_nothing_by_itself() -> None:
    columns = {"params": array_of([1, None, None]), "width": array_of([1, 1, 9])}
    for text, verdicts in {
        "params < 5 and width < 5": [YES, UNKNOWN, NO],
        "params < 5 or width < 5": [YES, YES, UNKNOWN],
        "not params < 5": [NO, UNKNOWN, UNKNOWN],
        "macs < 5 or width < 5": [YES, YES, UNKNOWN],
    }.items():
        assert condition_of(text, NAMES).judged(columns, 3)[0].tolist() == verdicts


def test_sizes_of_inputs_have_their_names() -> None:
    found = condition_of(
        "image[1] >= 8 and image[10] < 3", ("image[1]", "image[10]"), ("image[1]", "image[10]")
    )
    assert found.names == {"image[1]", "image[10]"}
    columns = {"image[1]": array_of([7, 8]), "image[10]": array_of([1, 1])}
    assert found.judged(columns, 2)[0].tolist() == [NO, YES]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("parms < 5", "no variable or quantity 'parms'"),
        ("params", "no variable"),
        ("params + 1", "a condition is true or false"),
        ("params <", "does not parse"),
        ("__import__('os')", "a condition is true or false"),
    ],
)
def test_what_is_no_condition(text: str, why: str) -> None:
    if text == "params":
        _, faults = condition_of(text, NAMES).judged({"params": array_of([3])}, 1)
        assert "needs true or false, got 3" in faults[0]
        return
    with pytest.raises(Fault, match=why):
        condition_of(text, NAMES)
