"""What a walk has gathered: layers, scopes and problems, and the limits that end it."""

from dataclasses import field
from typing import TYPE_CHECKING, NoReturn, TypeVar, cast

from archcalc.errors import MAX_PROBLEMS, Fault, Place, Problem
from archcalc.expressions import Unknown
from archcalc.records import dataclass
from archcalc.tracing.inferring import Inferred
from archcalc.tracing.records import Origin, Use
from archcalc.tracing.runs import Runs
from archcalc.tracing.scopes import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archcalc.expressions import Value
    from archcalc.source import Path
    from archcalc.spec import LayerSpec
    from archcalc.tracing.arguments import Misplaced
    from archcalc.tracing.frames import Frame, Site
    from archcalc.tracing.records import Port, Refused, TracedLayer
    from archcalc.tracing.runs import Run
    from archcalc.tracing.scopes import Named

MAX_LAYERS = 2_000_000
"""Primitive layers of one network: turns of a repeat that are the same cost little."""
MAX_STEPS = 8_000
EACH_STEPS = 12
MOST_STEPS = 150_000
"""Layers, containers and blocks visited, so that nested repeats of nothing end too: some, and so many for
each entry of the text, which may be long, up to the most. Turns that are the same are visited once."""
MAX_WORK = 150_000
EACH_WORK = 30
"""What visits bring with them together, inputs, arguments, variables and more than a few outputs and weights:
some, and so many for each visit."""
LIGHT = 10
"""Values of arguments that are counted as fast as remembered."""
WHOLE = frozenset({int, bool})
LETTERS = 8
"""Letters of a text that count as a value."""
MAX_NAME = 1000
"""Characters of a full dotted name: every layer inside has it in front of its own."""
MAX_ORIGINS = 8
T = TypeVar("T")


class TooMuch(Exception):  # noqa: N818  it ends the walk; the problem is already noted
    """The network is larger than the limits."""


@dataclass(slots=True)
class Ledger:
    """Grows while the walk goes on; nothing in it is ever changed."""

    layers: "dict[str, TracedLayer]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    scopes: dict[str, str] = field(default_factory=dict[str, str])
    opened: "dict[str, Scope]" = field(default_factory=dict[str, Scope])
    """Full name of a scope -> the names in it."""
    ends: "dict[str, Port]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    """Full name of a scope -> what the layer behind it reads."""
    repeats: "dict[str, Sequence[int]]" = field(default_factory=dict[str, "Sequence[int]"])
    """Full name of a repeat -> the indices of its instances."""
    uses: "dict[str, Use]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    within: "dict[str, TracedLayer]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    """The layers of steps of recurrences (``Scan``), which are no layers of the network themselves."""
    runs: Runs = field(default_factory=Runs)
    """Turns that are not walked through, as they are the same as the ones before them."""
    in_runs: int = 0
    """Layers of these."""
    in_scan: bool = False
    """The walk is in the step of a recurrence, whose layers are taken out of it again."""
    problems: dict[tuple[Place, str], Problem] = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    refused: "list[Refused]" = field(default_factory=list)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    mistakes: set[tuple[Place, str, str]] = field(default_factory=set)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    """Use of a shipped block, kind of a layer inside, and its argument that is wrong."""
    faults: int = 0
    """How often a fault was met: the same one of several uses of a block is one problem."""
    above: int | None = None
    """Layers above the first problem."""
    steps: int = 0
    allowed: int = 0
    """Steps that may be taken as the text was when that was last asked; it only grows."""
    work: int = 0
    written: "dict[int, set[Path]]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    """Document, by its identity -> where the entries stand in it that were visited."""
    weighed: dict[int, int] = field(default_factory=dict[int, int])
    """Entry, by its identity -> what its arguments bring with them, where that is more than a few."""
    named: "dict[int, tuple[LayerSpec, ...]]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    """The same -> the entries with names that it gives to the scope around it: itself, or what is inside."""
    turnless: int = 0
    """Repeats of no turn, which hand on what arrives."""
    overflow: bool = False
    """The walk ended at a limit."""
    inferred: Inferred = field(default_factory=Inferred)

    @property
    def made(self) -> int:
        """Layers so far, those of runs too."""
        return len(self.layers) + self.in_runs

    def layer(self, name: str) -> "TracedLayer | None":
        """The layer of this full name, which may be one of a run."""
        return self.layers.get(name) or self.runs.layer(name)

    def owner(self, name: str) -> "TracedLayer | None":
        """The layer of this full name, which may be one of a step of a recurrence too."""
        return self.layer(name) or self.within.get(name)

    def add(self, run: "Run") -> None:
        """Enter turns that are the same as the last one."""
        self.runs.add(run)
        self.in_runs += len(run)

    def step(self, frame: "Frame", path: "Path") -> None:
        """Count one visit, and end the walk when there are too many."""
        self.steps += 1
        if len(frame.scope.prefix) > MAX_NAME:
            fact = f"names inside one another make more than {MAX_NAME:,} characters"
            self.end(frame, path, fact, "shorten them")
        if self.steps > self.allowed:
            self.foresee(frame, path, 0)
        if len(self.layers) + self.in_runs > MAX_LAYERS:
            fact = f"the network has more than {MAX_LAYERS:,} layers"
            self.end(frame, path, fact, "check the repeats")

    def foresee(self, frame: "Frame", path: "Path", steps: int) -> None:
        """End the walk where so many more visits are too many, before they are made."""
        most = min(MAX_STEPS + EACH_STEPS * sum(map(len, self.written.values())), MOST_STEPS)
        self.allowed = most
        if self.steps + steps > most:
            fact = f"the network has more than {most:,} expanded entries"
            self.end(frame, path, fact, "check the repeats whose turns differ, as those that ask for i do")

    def spend(self, site: "Site", more: int = 0) -> None:
        """Count what one visit brings with it, and end the walk where that has become too much."""
        entry = site.entry
        document = id(site.frame.document)
        visited = self.written.get(document)
        if visited is None:
            visited = self.written[document] = set()
        visited.add(site.path)
        weight = self.weighed.get(id(entry))
        if weight is None:
            weight = _weight_of(entry.arguments)
            if weight > LIGHT:
                self.weighed[id(entry)] = weight
        self.charge(site, len(site.sources) + weight + more)

    def charge(self, site: "Site", work: int) -> None:
        """Count what was read, given or made there, and end the walk where that has become too much."""
        self.work += work
        if self.work > MAX_WORK and self.work > (most := MAX_WORK + EACH_WORK * self.steps):
            fact = (
                f"{self.made:,} layers read, are given and make {self.work:,} values and tensors up to here"
            )
            hint = "check the repeats, and the longest lists in what they repeat"
            self.end(site.frame, site.path, f"{fact}, at most {most:,}", hint)

    def end(self, frame: "Frame", path: "Path", fact: str, hint: str) -> NoReturn:
        """End the walk with a problem: it goes beyond a limit."""
        place, where = frame.spot(path)
        self.problems[place, fact] = Problem(place, "", fact + where, hint)
        self.overflow = True
        raise TooMuch

    def open(
        self, name: str, kind: str, site: "Site", arguments: "Mapping[str, Value] | None" = None
    ) -> Scope:
        """The scope of a container, block, branch or repeat, known by its full name from now on.

        One that dotted names have made before keeps the names in it.

        Args:
            name: its full name.
            kind: its type.
            site: the entry that makes it.
            arguments: of a block, with their values.
        """
        self.scopes[name] = kind
        self.uses[name] = Use(Origin(site.frame.document, site.path, site.frame.use), arguments)
        if (found := self.opened.get(name)) is None:
            found = self.opened[name] = Scope(name + ".")
        return found

    def close(self, done: "Named") -> "Named":
        """Note where a scope ends, under its own name."""
        if done.scope is not None and done.port is not None:
            self.ends[done.name] = done.port
        return done

    @property
    def progress(self) -> tuple[int, int, int]:
        """What stays the same while layers are left out by their ``when``, and nothing else happens."""
        return self.made, len(self.problems), self.turnless

    def attempt(self, site: "Site", work: "Callable[[Site], T]", kind: str | None = None) -> T | None:
        """What ``work`` makes of an entry; None where it waits for a failed layer, or has a fault to note."""
        try:
            return work(site)
        except Unknown:
            return None
        except Fault as fault:
            self.note(site, fault, kind)
            return None

    def note(self, site: "Site", fault: Fault, kind: str | None = None) -> Problem | None:
        """Note a fault of an entry, as ``report`` does."""
        return self.report(site.frame, site.path, site.subject(kind), fault)

    def note_all(self, site: "Site", faults: "Sequence[Misplaced]", kind: str) -> None:
        """Note the faults of an entry's arguments."""
        for below, fault, at_key in faults:
            spot = (*site.path, *below)
            self.report(site.frame, spot, site.subject(kind), fault, at_key=at_key, entry=site.path)

    def report(
        self,
        frame: "Frame",
        path: "Path",
        subject: str,
        fault: Fault,
        *,
        at_key: bool = False,
        entry: "Path | None" = None,
    ) -> Problem | None:
        """Note a fault at the value at ``path``; the same one of several uses of a block counts once.

        So does an argument of one kind that is wrong in several layers of one use of a shipped block: heads
        that do not divide are one mistake, though both the queries and the keys have them. ``entry`` is the
        path of the layer where that of the fault leads into it.

        Returns:
            The problem; None where the mistake has been told.

        Raises:
            TooMuch: there are ``MAX_PROBLEMS``.
        """
        self.faults += 1
        entry = frame.in_spec(path if entry is None else entry)
        if fault.key is not None:
            path = (*path, fault.key)
        if self._told(frame.call, subject.rpartition(" ")[2], path[-1]):
            return None
        place, where = frame.spot(path, at_key=at_key)
        if self.above is None:
            self.above = self.made
        what = fault.fact + where
        told = Problem(place, subject, what, fault.hint, entry, fault.meant)
        problem = self.problems.setdefault((place, what), told)
        if len(self.problems) == MAX_PROBLEMS:
            fact = f"{MAX_PROBLEMS} problems: the rest was not looked at"
            self.problems[place, fact] = Problem(place, "", fact, "mend the first ones")
            raise TooMuch
        return problem

    def _told(self, call: Place | None, kind: str, key: str | int) -> bool:
        """Whether a use of a shipped block has told this mistake; if not, it has from now on."""
        if call is None or isinstance(key, int):
            return False  # not inside one, or the whole layer is wrong and not an argument
        told = (call, kind, key) in self.mistakes
        self.mistakes.add((call, kind, key))
        return told

    def sourced(self, fault: Fault, ports: "Sequence[Port]", others: "Sequence[str]" = ()) -> Fault:
        """The fault with a line on every input: its shape and the layer it comes from.

        ``others`` are full names of what is farther out under the same names.
        """
        lines = [fault.hint] if fault.hint else []
        for port in ports[:MAX_ORIGINS]:
            layer = self.layer(port.layer)
            origin = f"{layer.type}, line {layer.place.line}" if layer else "input of the network"
            lines.append(f"reads {list(port.tensor.shape)} from {port} ({origin})")
        if len(ports) > MAX_ORIGINS:
            lines.append(f"and {len(ports) - MAX_ORIGINS:,} more")
        from archcalc.tracing.references import farther_out

        lines += map(farther_out, others[:MAX_ORIGINS])
        return Fault(fault.fact, key=fault.key, hint="\n  ".join(lines))


def _weight(value: object) -> int:
    """How many values an argument holds; of long texts, which are mostly expressions, its words count."""
    if isinstance(value, int):
        return 1
    if isinstance(value, str):
        return 1 + len(value) // LETTERS
    if isinstance(value, dict):
        return _weight_of(cast("Mapping[str, object]", value))
    if isinstance(value, list | tuple):
        return 1 + sum(map(_weight, cast("Sequence[object]", value)))
    return 1


def _weight_of(values: "Mapping[str, object]") -> int:
    """How many values a mapping holds, itself among them."""
    given = values.values()
    return 1 + (len(given) if WHOLE.issuperset(map(type, given)) else sum(map(_weight, given)))
