"""``--where``: which candidates are wanted, judged column by column and as early as can be."""

import ast
from functools import cached_property
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, nearest
from archcalc.expressions import evaluate
from archcalc.expressions.parsing import syntax_tree
from archcalc.expressions.values import truth
from archcalc.quantities.numbers import without_units
from archcalc.records import dataclass
from archcalc.sweeping.rows import absent, narrow
from archcalc.sweeping.vectors import OneByOne, comparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archcalc.expressions import Value
    from archcalc.sweeping.rows import Numbers

    Verdicts = NDArray[np.int8]

YES, NO, UNKNOWN, FAULTY = 1, 0, 2, 3
"""Of a row: wanted, not wanted, something it asks for is not there, or it cannot be worked out."""


@dataclass(frozen=True)
class RowCondition:
    """A condition.

    Args:
        text: as it was written, with units.
        places: sizes of inputs as they are written (``image[1]``) -> the names that stand for them.
    """

    text: str
    places: "Mapping[str, str]"

    @cached_property
    def tree(self) -> ast.expr:
        """What the text says."""
        text = without_units(self.text)
        for written, name in self.places.items():
            text = text.replace(written, name)
        return syntax_tree(f"={text}")

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables, sizes and quantities that it asks for."""
        written = {name: place for place, name in self.places.items()}
        return frozenset(written.get(name, name) for name in _names(self.tree))

    def judged(self, columns: "Mapping[str, Numbers]", count: int) -> "tuple[Verdicts, dict[int, str]]":
        """The verdict on every row, and of those that cannot be worked out why.

        Args:
            columns: name -> values; where one is None, or a column is missing, what asks for it is unknown.
            count: rows.
        """
        import numpy as np

        named = {self.places.get(name, name): column for name, column in columns.items()}
        judging = _Judging(named, {})
        found = judging.of(self.tree, np.arange(count))
        return found, judging.faults


def condition_of(text: str, known: "Sequence[str]", sizes: "Iterable[str]" = ()) -> RowCondition:
    """A condition that was checked.

    Args:
        text: as it is written.
        known: what it may ask for.
        sizes: names of sizes of inputs among these.

    Raises:
        Fault: it does not parse, asks for something else, or is neither true nor false.
    """
    found = RowCondition(text, {name: f"size_{index}_of_input" for index, name in enumerate(sizes)})
    tree = found.tree
    for name in sorted(found.names - set(known)):
        raise Fault(f"no variable or quantity {name!r}", hint=nearest(name, known))
    _check_logic(tree)
    return found


def _check_logic(node: ast.expr) -> None:
    """Refuse what cannot be true or false."""
    if isinstance(node, ast.BoolOp):
        for each in node.values:
            _check_logic(each)
    elif isinstance(node, ast.BinOp | ast.List | ast.Call) or (
        isinstance(node, ast.Constant) and not isinstance(node.value, bool)
    ):
        raise Fault(f"a condition is true or false: compare {ast.unparse(node)} with something")


def _names(tree: ast.expr) -> frozenset[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    named = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called)
    return frozenset(node.id for node in named) - {"true", "false", "null"}


@dataclass(frozen=True, slots=True)
class _Judging:
    """One walk through a condition; ``faults``: row -> why it could not be worked out."""

    columns: "Mapping[str, Numbers]"
    faults: dict[int, str]

    def of(self, node: ast.expr, rows: "NDArray[np.intp]") -> "Verdicts":
        """The verdicts on these rows."""
        import numpy as np

        if isinstance(node, ast.BoolOp):
            return self._several(node, rows)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return np.array([YES, NO, UNKNOWN, FAULTY], np.int8)[self.of(node.operand, rows)]
        return self._one(node, rows)

    def _several(self, node: ast.BoolOp, rows: "NDArray[np.intp]") -> "Verdicts":
        """``and`` ends with the first that is false, ``or`` with the first that is true."""
        import numpy as np

        stop = NO if isinstance(node.op, ast.And) else YES
        found = np.full(rows.shape, 1 - stop, np.int8)
        for each in node.values:
            (open_rows,) = np.nonzero((found == 1 - stop) | (found == UNKNOWN))
            verdicts = self.of(each, rows[open_rows])
            before = found[open_rows]
            ends = (verdicts == stop) | ((verdicts == FAULTY) & (before != UNKNOWN))
            found[open_rows] = np.where(ends | (before != UNKNOWN), verdicts, before)
        return found

    def _one(self, node: ast.expr, rows: "NDArray[np.intp]") -> "Verdicts":
        import numpy as np

        found = np.full(rows.shape, UNKNOWN, np.int8)
        names = sorted(_names(node))
        there = np.ones(rows.shape, bool)
        for name in names:
            column = self.columns.get(name)
            if column is None:
                return found
            if column.dtype == object:
                there &= ~absent(column[rows])
        known = {name: narrow(self.columns[name][rows[there]]) for name in names}
        try:
            verdicts = comparison(node, known).astype(np.int8)
        except OneByOne:
            verdicts = self._one_by_one(node, known, rows[there])
        found[there] = verdicts
        return found

    def _one_by_one(
        self, node: ast.expr, columns: "Mapping[str, Numbers]", rows: "NDArray[np.intp]"
    ) -> "Verdicts":
        """Row by row, those with the same values once."""
        import numpy as np

        text = f"={ast.unparse(node)}"
        lists = [column.tolist() for column in columns.values()]
        known: dict[str, int | str] = {}
        found = np.empty(rows.shape, np.int8)
        for index, row in enumerate(rows.tolist()):
            values = [each[index] for each in lists]
            key = repr(values)
            if key not in known:
                known[key] = _worked_out(text, dict(zip(columns, values, strict=True)))
            verdict = known[key]
            if isinstance(verdict, str):
                self.faults[row] = verdict
            found[index] = FAULTY if isinstance(verdict, str) else verdict
        return found


class _Row(dict[str, "Value"]):
    """The names of an expression in one row."""

    def lookup(self, name: str) -> "Value":
        """The value of a name."""
        value = self.get(name)
        return cast("Value", list(value)) if isinstance(value, tuple) else value

    def known(self) -> "Iterable[str]":
        """Names that may be used."""
        return self


def _worked_out(text: str, values: "Mapping[str, Value]") -> int | str:
    """The verdict on one row, or why there is none."""
    try:
        return int(truth(evaluate(text, _Row(values)), "--where"))
    except Fault as fault:
        return fault.fact
