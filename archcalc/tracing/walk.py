"""The walk: expands blocks, repeats and expressions, wires the layers and asks each for its facts."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.collecting import uncollected
from archcalc.effort import note
from archcalc.errors import SpecError, few_hints
from archcalc.layers.registry import KINDS
from archcalc.spec import CONTAINERS
from archcalc.tracing.arguments import remembers
from archcalc.tracing.beginning import first_of
from archcalc.tracing.common_keys import is_settled, present, settled, times
from archcalc.tracing.containers import enter_container
from archcalc.tracing.expansion import enter_block
from archcalc.tracing.frames import Frame, Site, TurnAt
from archcalc.tracing.graph import Trace
from archcalc.tracing.ledger import MOST_STEPS, Ledger, TooMuch
from archcalc.tracing.naming import made_known, turn_name, with_name
from archcalc.tracing.primitives import enter_layer
from archcalc.tracing.records import Port
from archcalc.tracing.scopes import Named, Scope
from archcalc.tracing.setup import network_inputs, target_shape, variables
from archcalc.tracing.sources import with_sources, without_absent
from archcalc.tracing.turns import (
    ByScope,
    TurnNames,
    how_much,
    layers_and_scopes,
    numbers,
    ports_in,
    run_behind,
)
from archcalc.tracing.unused import unused

FORESEEN = 3_000
"""Visits to the turns of a repeat behind which those of the turns to come are judged too."""
VISIT, VALUE, ASKED = 30, 3, 40
"""Steps of a visit, of each value that it brings with it, and of a layer asked for its facts, where walks are
counted."""
MAX_NESTED = 64
"""Lists of layers inside one another, through blocks too: each takes nine calls of Python, of a thousand."""
NEST_LESS = "write what stands inside one another in a row, or leave out containers of one layer"

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.expressions import Value
    from archcalc.facts import Arriving, Tensor
    from archcalc.loading import Model
    from archcalc.source import Path
    from archcalc.tracing.runs import Run
    from archcalc.tracing.scopes import Taken
    from archcalc.tracing.turns import Gathered


@uncollected()
@few_hints()
def trace(
    model: "Model",
    settings: "Mapping[str, Value] | None" = None,
    inputs: "Mapping[str, Arriving] | None" = None,
) -> Trace:
    """Walk a spec in execution order.

    Args:
        model: what ``load`` returned.
        settings: values that replace those of the spec's ``vars``.
        inputs: shapes, without the batch, or tensors that replace those of the spec's ``inputs``.

    Raises:
        SpecError: every independent fault of the spec; its ``partial`` is the trace above the first one.
    """
    names = variables(model, settings or {})
    tensors = network_inputs(model, names, inputs or {})
    target_shape(model, names)  # so that a wrong one is an error
    ports: dict[str, Port | None] = {name: Port(name, "output", tensor) for name, tensor in tensors.items()}
    first = next(iter(ports.values()))
    if len(ports) == 1:
        ports["input"] = first
    walk = Walk(model, names)
    walk.ledger.inferred.shares = not remembers(
        [*names.values(), *(n for each in tensors.values() for n in each.shape)]
    )
    taken: Taken = {name: model.document.place(("inputs", name), key=True) for name in tensors}
    root = Frame(None, Scope("", claimed=taken), model.document, model.spec.layers, ports, names)
    outputs: tuple[Port, ...] = ()
    try:
        last = walk.sequence(("layers",), root, first)
        if model.spec.outputs is not None:
            from archcalc.tracing.references import read_outputs

            outputs = read_outputs(model.spec.outputs, root, walk.ledger)
        elif last is not None:
            outputs = (last,)
    except TooMuch:
        pass
    for scope in (root.scope, *walk.ledger.opened.values()):
        scope.claimed.clear()  # who has a name knows its scope: only a search for garbage would find both
    note(_steps(walk.ledger))
    return _finished(model, tensors, outputs, walk.ledger)


def _steps(ledger: Ledger) -> int:
    """What a walk has taken."""
    return VISIT * ledger.steps + VALUE * ledger.work + ASKED * ledger.inferred.asked


def _finished(
    model: "Model", tensors: "Mapping[str, Tensor]", outputs: tuple[Port, ...], ledger: Ledger
) -> Trace:
    if ledger.problems:
        layers, held = ((), ByScope({}, {}, {}, {})) if ledger.overflow else layers_and_scopes(ledger)
        # Mostly it is the last entry that is wrong, and runs above it stay as they are.
        above = layers if ledger.above is None else first_of(layers, ledger.above)
        partial = Trace(model.name, tensors, above, (), held.scopes, (), held.ends, held.repeats, held.uses)
        traced = None if ledger.overflow else replace(partial, layers=layers)
        from archcalc.source.unbracketed import bracketed

        told = bracketed(ledger.problems.values(), model.document.text)
        problems = sorted(told, key=lambda problem: problem.place)
        raise SpecError(problems, partial, traced, ledger.refused)
    layers, held = layers_and_scopes(ledger)
    findings = unused(tensors, layers, outputs, model.document)
    return Trace(
        model.name, tensors, layers, outputs, held.scopes, findings, held.ends, held.repeats, held.uses
    )


class Walk:
    """A walk through the layers of a model; its ledger holds what it has met."""

    def __init__(self, model: "Model", variables: "Mapping[str, Value]") -> None:
        self.model = model
        self.variables = variables
        self.ledger = Ledger()
        self.depth = 0
        """Entries that the walk is inside of."""

    def sequence(self, path: "Path", frame: Frame, arriving: Port | None) -> Port | None:
        """The frame's layers, whose list stands at ``path``, one behind the other; what leaves them."""
        self.depth += 1
        if self.depth > MAX_NESTED:
            self.ledger.end(frame, path, f"containers and blocks nest more than {MAX_NESTED} deep", NEST_LESS)
        for index, entry in enumerate(frame.entries):
            below = (*path, index)
            self.ledger.step(frame, below)
            arriving = self._named(with_name(entry, below, frame, (arriving,), self.ledger))
        self.depth -= 1
        return arriving

    def entry(self, site: Site) -> Port | None:
        """One entry with its repeats, not named yet; what leaves it, or what arrives where it is left out."""
        self.ledger.step(site.frame, site.path)
        return self._named(with_name(site.entry, site.path, site.frame, site.sources, self.ledger))

    def _named(self, site: Site) -> Port | None:
        """One entry under its name."""
        entry, arriving = site.entry, site.sources[0]
        if entry.from_ is not None:
            site = with_sources(site, self.ledger)
        done = self._instance(site) if entry.repeat is None else self._repeated(site)
        if site.name is not None and done.scope is not None:  # one without a name shares that around it
            self.ledger.close(done)
        made_known(site, done, self.ledger)
        return arriving if done.left_out else done.port

    def _repeated(self, site: Site) -> Named:
        """Instances in a row under the names ``name.0``, ``name.1`` ...; the further inputs stay the same.

        Without a name they take the next numbers of the scope around them, or the names that theirs gives.
        """
        count = self.ledger.attempt(site, times)
        if count is None:
            return Named(site.full)
        self.ledger.turnless += count == 0
        named = site.name is not None and count > 0
        fresh = named and site.full not in self.ledger.opened
        scope = self.ledger.open(site.full, site.entry.type, site) if named else site.frame.scope
        whole = Named(site.full, None, scope, left_out=True)
        sound, reads = self.ledger.faults, site.sources
        indices: list[int] = []
        behind: Sequence[int] = ()
        differs, begun, least = 0, self.ledger.steps, MOST_STEPS
        for index in range(count):
            self.ledger.step(site.frame, site.path)
            before, steps, turn = how_much(self.ledger), self.ledger.steps, TurnAt(index)
            frame = replace(site.frame, parent=site.frame, scope=scope, turn=turn)
            one = site._replace(frame=frame, sources=reads, name=None)
            one = one._replace(name=str(index) if named else turn_name(one, self.ledger))
            done = self.ledger.close(self._instance(one))
            made_known(one, done, self.ledger)
            if self.ledger.faults > sound:
                whole.left_out = False
                return whole  # the same is wrong in all further turns, and one mistake is one error
            if not done.left_out:
                whole.left_out, whole.given, whole.missing = False, done.ports, done.missing
                indices.append(index)
                reads = (done.port, *reads[1:])
            if fresh and index >= differs and (run := self._run_behind(one, done, before, count)):
                scope.names = TurnNames(scope.names, run, self.ledger.opened)
                whole.given = ports_in(run, done, run.turns[-1])
                behind = run.turns
                break
            least = min(least, self.ledger.steps - steps + 1)
            if self.ledger.steps - begun > FORESEEN:
                self.ledger.foresee(site.frame, site.path, least * (count - index - 1))
            differs = max(differs, turn.differs)
        if named:
            self.ledger.repeats[site.full] = numbers(indices, behind)
        return whole

    def _run_behind(self, site: Site, done: Named, before: "Gathered", count: int) -> "Run | None":
        """The turns behind one, entered into the ledger, where they are the same as this one."""
        if done.left_out or self.ledger.in_scan:
            return None
        run = run_behind(site, done, before, count, self.ledger)
        if run is not None:
            self.ledger.add(run)
            self.ledger.step(site.frame, site.path)
            self.ledger.spend(site, run.many_inputs)
        return run

    def _instance(self, site: Site) -> Named:
        """One instance of an entry: a container, a block or a kind."""
        entry, kind = site.entry, site.entry.type
        here = True if entry.when is True else self.ledger.attempt(site, present)
        if not here or not is_settled(entry):
            known = self.ledger.attempt(site, settled) if here else None
            if known is None:
                return Named(site.full, left_out=here is False)
            kind, site = known
        self.ledger.spend(site)
        done = self._entered(site, kind)
        if entry.expect is not None:
            from archcalc.tracing.expecting import check_expected

            check_expected(site, done, kind, self.ledger)
        return done

    def _entered(self, site: Site, kind: str) -> Named:
        """What is made of an entry that is there."""
        joined = without_absent(site, kind, self.ledger) if site.absent else None
        if joined is not None:
            return joined
        if kind in KINDS:
            return enter_layer(site, kind, self.ledger)
        return enter_container(site, self) if kind in CONTAINERS else enter_block(site, kind, self)
