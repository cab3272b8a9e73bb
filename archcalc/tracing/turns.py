"""Turns of a repeat in a walk: when those that are left are the same as the last one, and their names."""

from collections.abc import MutableMapping
from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from archcalc.effort import few_enough
from archcalc.tracing.alike_turns import are_same, have_same_answers
from archcalc.tracing.in_runs import InRuns
from archcalc.tracing.records import Port, TracedLayer
from archcalc.tracing.runs import Run, TurnedLayers
from archcalc.tracing.scopes import Named, Scope
from archcalc.tracing.written_turn import Turn
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.tracing.frames import Site
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.records import Use
    from archcalc.tracing.runs import InRun, Runs

    Kind = Literal["scopes", "ends", "repeats", "uses"]

T = TypeVar("T")
WRITTEN = 4_000
"""Layers of a turn that is written out, with those of the runs in it; of longer ones each turn is walked."""
KINDS: "tuple[Kind, ...]" = ("scopes", "ends", "repeats", "uses")


class Gathered(NamedTuple):
    """How much a walk had gathered: of layers, and of what it holds by the names of scopes."""

    layers: int
    scopes: int
    ends: int
    repeats: int
    uses: int
    runs: int
    within: int


def how_much(ledger: "Ledger") -> Gathered:
    """How much a walk has gathered."""
    return Gathered(
        len(ledger.layers),
        len(ledger.scopes),
        len(ledger.ends),
        len(ledger.repeats),
        len(ledger.uses),
        len(ledger.runs.all),
        len(ledger.within),
    )


def run_behind(site: "Site", done: Named, before: Gathered, count: int, ledger: "Ledger") -> Run | None:
    """The turns behind the one that has just been walked, where they are the same; None: they may differ.

    A walk is made of what it reads. So the next turn is the same where it reads the same kind of tensor, and
    the last one has not asked for a name outside of it, nor for its number but in expressions that have the
    same values in all turns behind it (``=2 if i == 0 else 1``).

    Args:
        site: the entry, in the last turn.
        done: what was made of it.
        before: what the walk had gathered before that turn.
        count: of all turns.
        ledger: of the walk.
    """
    arriving, turn = site.sources[0], site.frame.turn
    if turn is None or turn.asked or turn.read or turn.index + 1 >= count:
        return None
    if arriving is None or done.port is None or done.missing:
        return None
    if not are_same(arriving.tensor, done.port.tensor) or _layers_behind(before, ledger) > WRITTEN:
        return None
    same = {(port.layer, port.output) for port in site.sources[1:] if port is not None}
    if (arriving.layer, arriving.output) in same or len(ledger.within) != before.within:
        return None
    if not have_same_answers(turn, count):
        return None
    written = _written(site.full, arriving, done, before, ledger)
    run = Run(
        site.full.rpartition(".")[0], written, range(turn.index + 1, count), tuple(how_much(ledger))[:5]
    )
    return run if _is_closed(run) else None


def _layers_behind(before: Gathered, ledger: "Ledger") -> int:
    """How many layers a walk has made since it had gathered so much, those of runs too."""
    return len(ledger.layers) - before.layers + sum(map(len, ledger.runs.all[before.runs :]))


def numbers(walked: "Sequence[int]", behind: "Sequence[int]") -> "Sequence[int]":
    """Those of the turns that were walked and of the run behind them; a range where none is left out."""
    last = behind[-1] if behind else walked[-1] if walked else -1
    first = walked[0] if walked else 0
    every = range(first, last + 1)
    return every if len(every) == len(walked) + len(behind) else (*walked, *behind)


def _written(name: str, arriving: Port, done: Named, before: Gathered, ledger: "Ledger") -> Turn:
    """The last turn, with all that has come to the walk in it; runs in it are written out."""
    runs = ledger.runs.all[before.runs :]
    inner = ((run.behind[0], ((layer.name, layer) for layer in run.layers())) for run in runs)
    layers = dict(_in_order(ledger.layers, inner, before.layers))
    scopes, ends, repeats, uses = (
        dict(_in_order(getattr(ledger, kind), _entries(runs, kind), getattr(before, kind))) for kind in KINDS
    )
    return Turn(
        name,
        arriving,
        done,
        tuple(cast("Mapping[str, TracedLayer]", layers).values()),
        cast("Mapping[str, str]", scopes),
        cast("Mapping[str, Port]", ends),
        cast("Mapping[str, Sequence[int]]", repeats),
        cast("Mapping[str, Use]", uses),
    )


def _is_closed(run: Run) -> bool:
    """Whether a turn has made nothing outside of itself, shares no weights, and something of it leaves."""
    written = run.written
    ports = written.done.ports or {}
    made = (*written.scopes, *written.ends, *written.repeats, *written.uses)
    return (
        bool(written.layers)
        and all(run.has(layer.name) and not layer.tied for layer in written.layers)
        and all(map(run.has, made))
        and all(run.has(port.layer) for port in ports.values())
    )


def _in_order(
    own: "Mapping[str, object]", inner: "Iterable[tuple[int, Iterator[tuple[str, object]]]]", start: int = 0
) -> "Iterator[tuple[str, object]]":
    """What a walk holds from a place on, and between it what stands within runs."""
    # From behind: what stands before may be all of a long network.
    last = [*islice(reversed(cast("dict[str, object]", own).items()), len(own) - start)]
    items, at = reversed(last), start
    for behind, entries in inner:
        yield from islice(items, max(behind - at, 0))
        at = max(at, behind)
        yield from entries
    yield from items


def _entries(runs: "Sequence[Run]", kind: "Kind") -> "Iterator[tuple[int, Iterator[tuple[str, object]]]]":
    """For each run, how much of a kind a walk held before it, and what the run has of it."""
    place = 1 + KINDS.index(kind)
    for run in runs:
        yield run.behind[place], _every(run, kind)


def _every(run: Run, kind: "Kind") -> "Iterator[tuple[str, object]]":
    own = cast("Mapping[str, object]", getattr(run.written, kind))
    for turn in run.turns:
        for name, value in own.items():
            yield run.turn_name(turn) + run.below(name), _in_turn(run, value, turn)


def _in_turn(run: Run, value: object, turn: int) -> object:
    return run.port(run.link(value), turn) if isinstance(value, Port) else value


class ByScope(NamedTuple):
    """What a walk holds by the names of scopes."""

    scopes: "Mapping[str, str]"
    ends: "Mapping[str, Port]"
    repeats: "Mapping[str, Sequence[int]]"
    uses: "Mapping[str, Use]"


def layers_and_scopes(ledger: "Ledger") -> "tuple[Sequence[TracedLayer], ByScope]":
    """The layers of a walk, and what it holds by the names of scopes; those in runs wait to be asked for."""
    own, runs = tuple(ledger.layers.values()), ledger.runs
    if not runs:
        return own, ByScope(ledger.scopes, ledger.ends, ledger.repeats, ledger.uses)
    at, parts = 0, list[TracedLayer | Run]()
    for run in runs.all:
        parts += [*own[at : run.behind[0]], run]
        at = run.behind[0]
    layers: Sequence[TracedLayer] = TurnedLayers([*parts, *own[at:]], runs)
    if any(_tells_apart(layer, runs) for layer in own):
        few_enough(layers, "what makes one turn of a repeat unlike the others")
        layers = tuple(layers)
    held = ByScope(
        by_scope(ledger.scopes, ledger.runs, "scopes"),
        by_scope(ledger.ends, ledger.runs, "ends"),
        by_scope(ledger.repeats, ledger.runs, "repeats"),
        by_scope(ledger.uses, ledger.runs, "uses"),
    )
    return layers, held


def _tells_apart(layer: TracedLayer, runs: "Runs") -> bool:
    """Whether a layer makes one turn unlike the others.

    A dotted name has put it there, or what it shares is frozen, or a table, in that turn alone.
    """
    shares = layer.untrained or layer.facts.lookups
    return runs.find(layer.name) is not None or bool(shares and any(map(runs.find, layer.tied.values())))


def by_scope(own: "Mapping[str, T]", runs: "Runs", kind: "Kind") -> "Mapping[str, T]":
    """What a walk holds of a kind by the names of scopes; what stands within runs waits to be asked for."""

    def one(found: "InRun") -> T | None:
        written = cast("Mapping[str, T]", getattr(found.run.written, kind))
        value = written.get(found.run.written.name + found.below)
        return None if value is None else cast("T", _in_turn(found.run, value, found.turn))

    return InRuns(own, runs, one, lambda: all_of_kind(own, runs, kind))


def all_of_kind(own: "Mapping[str, T]", runs: "Runs", kind: "Kind") -> "Mapping[str, T]":
    """What a walk holds of a kind by the names of scopes, in and outside of runs, in order."""
    return {**cast("Mapping[str, T]", dict(_in_order(own, _entries(runs.all, kind)))), **own}


class TurnNames(MutableMapping[str, Named]):
    """The names in a repeat: its turns, of which those of a run are made when they are asked for."""

    def __init__(self, above: "Mapping[str, Named]", run: Run, opened: "dict[str, Scope]") -> None:
        self._above, self._run, self._opened = tuple(above), run, opened
        self._made = dict(above)

    def _turn(self, name: object) -> int | None:
        turn = int(name) if isinstance(name, str) and name.isascii() and name.isdecimal() else -1
        return turn if turn in self._run.turns and name == str(turn) else None

    def __contains__(self, name: object) -> bool:
        return name in self._made or self._turn(name) is not None

    def __getitem__(self, name: str) -> Named:
        turn = None if name in self._made else self._turn(name)
        if turn is not None:
            self._made[name] = named_in(self._run, self._run.written.done, turn, self._opened)
        return self._made[name]

    def __setitem__(self, name: str, named: Named) -> None:
        self._made[name] = named

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> "Iterator[str]":
        yield from self._above
        yield from map(str, self._run.turns)
        yield from (name for name in self._made if name not in self._above and self._turn(name) is None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def named_in(run: Run, named: Named, turn: int, opened: "dict[str, Scope]") -> Named:
    """What the written turn has under a name, in another turn; its scopes are opened."""
    return Named(
        run.turn_name(turn) + run.below(named.name),
        ports_in(run, named, turn),
        None if named.scope is None else _scope_in(run, named.scope, turn, opened),
        named.left_out,
        named.implied,
        named.outwards,
        named.missing,
    )


def ports_in(run: Run, named: Named, turn: int) -> "Mapping[str, Port] | None":
    """The outputs of something in the written turn, in another turn."""
    if named.ports is None:
        return None
    return {name: run.port(run.link(port), turn) for name, port in named.ports.items()}


def _scope_in(run: Run, scope: Scope, turn: int, opened: "dict[str, Scope]") -> Scope:
    full = run.turn_name(turn) + run.below(scope.prefix[:-1])
    if full not in opened:
        names = {name: named_in(run, each, turn, opened) for name, each in scope.names.items()}
        opened[full] = Scope(f"{full}.", names, dict(scope.claimed), scope.counts.copy(), scope.numbered)
    return opened[full]
