"""Layers as a tree: containers above their layers, with subtotals, folded at a depth."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.effort import at_most
from archcalc.errors import Place, Problem, SpecError
from archcalc.render.cells import Column, Later, Row, Table
from archcalc.tracing.graph import TracedScope, scopes_around
from archcalc.tracing.runs import Run, parts_of
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from archcalc.render.cells import Cell
    from archcalc.tracing import Trace, TracedLayer

    RowsBelow = Callable[[TracedLayer], Iterable[Row]]
    Remark = Callable[[Sequence[TracedLayer]], str]


class Branch(NamedTuple):
    """A layer or a scope of the tree, at its level; what is folded stands for all of its layers.

    One that is ``again`` has been counted above: other layers run between those inside.
    """

    level: int
    of: "TracedLayer | TracedScope"
    folded: bool = False
    again: bool = False


def branches(trace: "Trace", depth: int | None = None) -> "Iterator[Branch]":
    """Every layer, and every scope above its first layer; down to ``depth`` levels of scopes.

    Layers and folded scopes together are the network, each layer once. A scope has one more row wherever
    its layers go on behind others. A layer with layers inside is the head of these where it runs first.
    """
    counted: set[str] = set()
    heads: set[str] = set()
    under: tuple[str, ...] = ()
    inside, scopes = "", under
    for layer in _looked_into(trace, depth):
        if (scope := layer.name.rpartition(".")[0]) != inside:  # most stand beside the one before
            inside, scopes = scope, tuple(scopes_around(layer.name))
        around = (*scopes, layer.name) if trace.encloses(layer.name) else scopes
        for level, scope in enumerate(around[:depth]) if around != under else ():
            folded = level + 1 == depth
            again = scope in counted
            if under[level : level + 1] == (scope,) or (folded and again):
                continue
            counted.add(scope)
            if scope != layer.name or folded:
                heads.add(scope)
                yield Branch(level, trace.scope(scope), folded=folded, again=again)
        under = around
        if depth is None or len(around) < depth:
            yield Branch(len(scopes) + (layer.name in heads), layer)


def _looked_into(trace: "Trace", depth: int | None) -> "Iterator[TracedLayer]":
    """All layers but those of runs within a folded scope, of which a layer stands right above each."""
    for part in _parts_looked_into(trace, depth):
        if isinstance(part, Run):
            yield from part.layers()
        else:
            yield part


def _parts_looked_into(trace: "Trace", depth: int | None) -> "Iterator[TracedLayer | Run]":
    for part in parts_of(trace.layers):
        level = len((*scopes_around(part.name), part.name)) if isinstance(part, Run) else 0
        if depth is None or depth > level or not level:
            yield part


def table(
    trace: "Trace",
    title: str,
    columns: "Sequence[Column]",
    footer: "Sequence[str]" = (),
    depth: int | None = None,
    below: "RowsBelow | None" = None,
    remark: "Remark | None" = None,
) -> Table:
    """A table of all layers, or down to ``depth`` levels of containers.

    With rows ``below`` layers, and a ``remark`` for people behind the types of layers, the same for all turns
    of a run. A folded table tells machines how many layers and instances a row stands for.
    """
    if depth is not None:
        columns = (*columns, *COUNTS)
    shown = [column for column in columns if column.shown]
    headers = ("Layer", "Type", *(column.header for column in shown))
    right = (False, False, *(column.right for column in shown))
    keys = ("layer", "type", *(column.header.lower().replace(" ", "_") for column in columns))
    refuse_many_rows(trace, depth)
    rows = tuple(_rows(trace, columns, depth, below, remark or (lambda _: "")))
    return Table(title, headers, right, rows, tuple(footer), keys)


MAX_ROWS = 8_000
"""Layers of a table or document, beside those that are written one by one."""


def refuse_many_rows(trace: "Trace", depth: int | None) -> None:
    """Refuse a table or document that is too long, before any of it is made.

    Raises:
        SpecError: it has more rows.
    """
    count = sum(len(part) if isinstance(part, Run) else 1 for part in _parts_looked_into(trace, depth))
    if count > MAX_ROWS and count > (most := at_most(trace, MAX_ROWS)):
        fact = f"a table of {count:,} layers is too long, at most {most:,} are laid out"
        shallow = "--depth 1 shows containers and repeats alone" if depth is None or depth > 1 else ""
        file = trace.layers[0].place.file if trace.layers else trace.model
        raise SpecError([Problem(Place(file), "", fact, shallow or "write its layers into fewer containers")])


COUNTS = (
    Column("layers", lambda _: 1, lambda scope: len(scope.layers), shown=False),
    Column("repeats", lambda _: 1, lambda scope: len(scope.repeats) or 1, shown=False),
)
"""What a row stands for: layers, and instances of a repeat."""


def _rows(
    trace: "Trace",
    columns: "Sequence[Column]",
    depth: int | None,
    below: "RowsBelow | None",
    remark: "Remark",
) -> "Iterator[Row]":
    cells = _Cells(trace, columns, remark)
    for branch in branches(trace, depth):
        if isinstance(branch.of, TracedScope):
            yield _container(branch, branch.of, cells, columns)
            continue
        layer = branch.of
        yield Row(layer.name, _label(layer.name, branch.level), cells.of(layer), Later(_raw, layer, columns))
        for more in below(layer) if below else ():
            missing = (None,) * (len(columns) + 1 - len(more.raw))
            yield replace(more, label=_label(more.label, branch.level + 1), raw=(*more.raw, *missing))


class _Cells:
    """Cells for people; where all turns of a run have the same, they are made of one.

    Args:
        trace: the network.
        columns: of the table.
        remark: what stands behind the types.
    """

    def __init__(self, trace: "Trace", columns: "Sequence[Column]", remark: "Remark") -> None:
        self._runs, self._remark = trace.runs, remark
        self._columns = [column for column in columns if column.shown]
        places = list(enumerate(self._columns, 1))
        self._of_layers = [(at, each) for at, each in places if not each.alike]
        self._of_scopes = [(at, each) for at, each in places if not (each.alike and each.sums)]
        self._known: dict[Hashable, tuple[Cell, ...]] = {}

    def of(self, layer: "TracedLayer") -> "tuple[Cell, ...]":
        """The cells of a layer behind its name."""
        alike = id(layer.origin)  # which is that of its turn that is written, and of no other layer
        if alike in self._known:
            return _but_for(self._known[alike], self._of_layers, lambda column: column.cell(layer))
        made = (layer.type + self._remark((layer,)), *[column.cell(layer) for column in self._columns])
        if self._runs:
            self._known[alike] = made
        return made

    def of_scope(self, branch: Branch, scope: TracedScope) -> "tuple[Cell, ...]":
        """The same of a container."""
        within = self._runs.find(scope.name)
        alike = (within.run.name, within.below, branch.again) if within else None
        if alike in self._known:
            return _but_for(self._known[alike], self._of_scopes, lambda each: _total(each, branch, scope))
        totals = (_total(column, branch, scope) for column in self._columns)
        made = (scope.type + self._remark(scope.layers), *totals)
        if within:
            self._known[alike] = made
        return made


def _but_for(
    known: "tuple[Cell, ...]", differing: "Sequence[tuple[int, Column]]", make: "Callable[[Column], Cell]"
) -> "tuple[Cell, ...]":
    """Cells that are known, some of them made anew."""
    cells = list(known)
    for at, column in differing:
        cells[at] = make(column)
    return tuple(cells)


def _raw(layer: "TracedLayer", columns: "Sequence[Column]") -> "tuple[Cell, ...]":
    return (layer.type, *((column.raw or column.cell)(layer) for column in columns))


def _total(column: Column, branch: Branch, scope: TracedScope) -> "Cell":
    return column.total(scope) if column.total and not branch.again else ""


def _container(branch: Branch, scope: TracedScope, cells: _Cells, columns: "Sequence[Column]") -> Row:
    def raw(column: Column) -> "Cell":
        return column.raw_total(scope) if column.raw_total else _total(column, branch, scope)

    more = _instances(scope) if branch.folded else ""
    more = " (continued)" if branch.again else more
    return Row(
        scope.name,
        _label(scope.name, branch.level),
        cells.of_scope(branch, scope),
        Later(lambda: (scope.type, *map(raw, columns))),
        container=True,
        folded=branch.folded,
        more=more,
    )


def _instances(scope: TracedScope) -> str:
    """Those of a repeat, behind its name."""
    count = len(scope.repeats)
    if count <= 1:
        return ""
    from archcalc.render.names import in_short

    return f".{in_short(scope.repeats)} (x{count})"


def _label(name: str, depth: int) -> str:
    return "  " * depth + name.rsplit(".", maxsplit=1)[-1]
