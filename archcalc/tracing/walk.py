"""The walk: expands blocks, repeats and expressions, wires the layers and asks each for its facts."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault, SpecError
from archcalc.expressions import Unknown
from archcalc.layers.registry import KINDS, kind
from archcalc.spec import COMMON_KEYS, CONTAINERS, Branches, LayerSpec, Residual, Sequential
from archcalc.tracing.arguments import Misplaced, build, check_keys, evaluate_all
from archcalc.tracing.common_keys import flag, tie_target, times, type_name
from archcalc.tracing.expansion import arguments, definition, inside
from archcalc.tracing.graph import Trace
from archcalc.tracing.ledger import Ledger, TooMuch, spot
from archcalc.tracing.records import Origin, Port, Refused, TracedLayer
from archcalc.tracing.scopes import Bindings, Frame, LeftOut, Named, Scope, declared, resolve
from archcalc.tracing.setup import network_inputs, variables
from archcalc.tracing.tying import share
from archcalc.tracing.unused import unused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.expressions import Value
    from archcalc.facts import Shape, Tensor
    from archcalc.layers.base import Layer
    from archcalc.loading import Model
    from archcalc.source import Path

    Arrivals = tuple[Port | None, ...]


def trace(
    model: "Model", settings: "Mapping[str, Value] | None" = None, inputs: "Mapping[str, Shape] | None" = None
) -> Trace:
    """Walk a spec in execution order.

    Args:
        model: what ``load`` returned.
        settings: values that replace those of the spec's ``vars``.
        inputs: shapes, without the batch, that replace those of the spec's ``inputs``.

    Raises:
        SpecError: every independent fault of the spec; its ``partial`` is the trace above the first one.
    """
    names = variables(model, settings or {})
    tensors = network_inputs(model, names, inputs or {})
    ports: dict[str, Port | None] = {name: Port(name, "output", tensor) for name, tensor in tensors.items()}
    first = next(iter(ports.values()))
    if len(ports) == 1:
        ports["input"] = first
    walk = _Walk(model, names)
    taken = {name: model.document.place(("inputs", name), key=True) for name in tensors}
    root = Frame(None, Scope("", claimed=taken), model.document, model.spec.layers, ports, names)
    outputs: tuple[Port, ...] = ()
    try:
        last = walk.sequence(model.spec.layers, ("layers",), root, first)
        outputs = walk.outputs(model.spec.outputs, root, last)
    except TooMuch:
        pass
    return _finished(model, tensors, outputs, walk.ledger)


def _finished(
    model: "Model", tensors: "Mapping[str, Tensor]", outputs: tuple[Port, ...], ledger: Ledger
) -> Trace:
    layers = tuple(ledger.layers.values())
    if ledger.problems:
        above = () if ledger.overflow else layers[: ledger.above]
        partial = Trace(model.name, tensors, above, (), ledger.scopes, ())
        traced = None if ledger.overflow else replace(partial, layers=layers)
        problems = sorted(ledger.problems.values(), key=lambda problem: problem.place)
        raise SpecError(problems, partial, traced, ledger.refused)
    findings = tuple(unused(tensors, layers, outputs, model.document))
    return Trace(model.name, tensors, layers, outputs, ledger.scopes, findings)


class _Walk:
    """Every method takes a frame (where it is) and what arrives, and gives what leaves."""

    def __init__(self, model: "Model", variables: "Mapping[str, Value]") -> None:
        self.model = model
        self.variables = variables
        self.ledger = Ledger()

    def outputs(self, references: "Sequence[str] | None", root: Frame, last: Port | None) -> tuple[Port, ...]:
        """The ports that leave the network; a layer that is left out takes its output with it."""
        if references is None:
            return (last,) if last else ()
        found: list[Port | None] = []
        left_out: list[tuple[int, Fault]] = []
        for index, reference in enumerate(references):
            try:
                found += self._resolved(reference, ("outputs", index), root)
            except LeftOut as fault:
                left_out.append((index, fault))
            except Fault as fault:
                self.ledger.report(root, ("outputs", index), "outputs", Fault(fault.fact, hint=fault.hint))
        for index, absent in left_out if len(left_out) == len(references) else ():
            self.ledger.report(root, ("outputs", index), "outputs", Fault(absent.fact, hint=absent.hint))
        return tuple(port for port in found if port)

    def _resolved(self, reference: str, path: "Path", frame: Frame) -> list[Port | None]:
        """What a reference means: one output, or with a ``*`` one for every layer that matches."""
        found: list[Port | None] = []
        for port in resolve(frame, reference):
            self.ledger.step(frame, path)
            found.append(port)
        return found

    def sequence(
        self, entries: "Sequence[LayerSpec]", path: "Path", frame: Frame, arriving: Port | None
    ) -> Port | None:
        """Layers one behind the other; the output of the last one."""
        for index, entry in enumerate(entries):
            arriving = self._entry(entry, (*path, index), frame, (arriving,))
        return arriving

    def _entry(self, entry: LayerSpec, path: "Path", frame: Frame, arriving: "Arrivals") -> Port | None:
        """One entry of a list with its repeats; what leaves it, or what arrived when it is left out."""
        self.ledger.step(frame, path)
        name = self._claim(entry, path, frame)
        sources, absent = self._sources(entry, path, frame, name, arriving)
        if entry.repeat is None:
            done = self._instance(entry, path, frame, name, sources)
        else:
            done = self._repeated(entry, path, frame, name, sources)
        for fault in () if done.left_out else absent:
            self.ledger.report(frame, path, _subject(frame, name, entry.type), fault)
        if name is not None:
            frame.scope.add(name, done, numbered=frame.numbered and entry.name is None)
        elif entry.repeat is None:
            frame.scope.settle(sorted(declared((entry,))), left_out=done.left_out)
        return arriving[0] if done.left_out else done.port

    def _claim(self, entry: LayerSpec, path: "Path", frame: Frame) -> str | None:
        """The entry's name in its scope; None for an unnamed container, which makes no scope.

        None also for an unnamed repeat whose instances are numbered one by one.
        """
        if frame.numbered and entry.name is None:
            return None if entry.repeat is not None else self._number(entry, path, frame)
        if entry.name is None and entry.repeat is None and entry.type in CONTAINERS:
            return None
        label = entry.type if entry.type in CONTAINERS or not entry.type.startswith("=") else "layer"
        try:
            return frame.scope.claim(entry.name, label, spot(frame, path)[0])
        except Fault as fault:
            self.ledger.report(frame, path, f"{entry.name} ({entry.type})", fault)
            return frame.scope.claim(None, label, spot(frame, path)[0])

    def _number(self, entry: LayerSpec, path: "Path", frame: Frame) -> str:
        """The next free number in a scope that numbers its layers."""
        try:
            return frame.scope.number(spot(frame, path)[0])
        except Fault as fault:
            self.ledger.report(frame, path, entry.type, fault)
            return frame.scope.claim(None, entry.type, spot(frame, path)[0])

    def _sources(
        self, entry: LayerSpec, path: "Path", frame: Frame, name: str | None, arriving: "Arrivals"
    ) -> "tuple[Arrivals, list[LeftOut]]":
        """What the entry reads; a layer that is left out is no mistake where this one is left out too."""
        found: list[Port | None] = []
        absent: list[LeftOut] = []
        for reference in entry.from_ or ():
            try:
                found += self._resolved(reference, path, frame)
            except LeftOut as fault:
                absent.append(fault)
                found.append(None)
            except Fault as fault:
                self.ledger.report(frame, path, _subject(frame, name, entry.type), fault)
                found.append(None)
        return (arriving if entry.from_ is None else tuple(found)), absent

    def _repeated(
        self, entry: LayerSpec, path: "Path", frame: Frame, name: str | None, sources: "Arrivals"
    ) -> Named:
        """Instances in a row under the names ``name.0``, ``name.1`` ...; the further inputs stay the same.

        Without a name they take the next numbers of the scope around them.
        """
        scope = frame.scope if name is None else Scope(f"{frame.scope.prefix}{name}.")
        whole = Named(f"{frame.scope.prefix}{name or ''}", None, scope)
        try:
            count = times(entry, Bindings(frame, sources))
        except Unknown:
            return whole
        except Fault as fault:
            self.ledger.report(frame, path, _subject(frame, name, entry.type), fault)
            return whole
        if name is not None:
            self.ledger.scopes[whole.name] = entry.type
        left_out, sound = True, len(self.ledger.problems)
        for index in range(count):
            self.ledger.step(frame, path)
            turn = replace(frame, parent=frame, scope=scope, index=index)
            inner = str(index) if name is not None else self._number(entry, path, frame)
            done = self._instance(entry, path, turn, inner, sources)
            scope.add(inner, done, numbered=name is None)
            if len(self.ledger.problems) > sound:
                return whole  # the same is wrong in all further turns, and one mistake is one error
            if not done.left_out:
                left_out = False
                whole.ports = done.ports
                sources = (done.port, *sources[1:])
        whole.left_out = left_out
        return whole

    def _instance(
        self, entry: LayerSpec, path: "Path", frame: Frame, name: str | None, sources: "Arrivals"
    ) -> Named:
        """One instance of an entry: a container, a block or a kind."""
        names = Bindings(frame, sources)
        done = Named(frame.scope.prefix + (name or ""), None)
        try:
            if not flag(entry, "when", names):
                done.left_out = True
                return done
            frozen = frame.frozen or flag(entry, "frozen", names)
            kind_name = type_name(entry, names)
            tie = tie_target(entry, frame, done.name.rstrip("."), names)
        except Unknown:
            return done
        except Fault as fault:
            self.ledger.report(frame, path, _subject(frame, name, entry.type), fault)
            return done
        frame = replace(frame, frozen=frozen, tie=tie)
        if kind_name in KINDS:
            return self._primitive(kind(kind_name), entry, path, frame, done, sources)
        if kind_name in CONTAINERS:
            return self._container(entry, path, frame, name, sources)
        return self._block(kind_name, entry, path, frame, done, sources)

    # containers and blocks

    def _container(
        self, entry: LayerSpec, path: "Path", frame: Frame, name: str | None, sources: "Arrivals"
    ) -> Named:
        full = frame.scope.prefix + (name or "")
        if len(sources) != 1:
            fault = _wrong_count(("input",), len(sources))
            self.ledger.report(frame, path, _subject(frame, name, entry.type), fault)
            return Named(full, None)
        scope = frame.scope if name is None else Scope(full + ".")
        if name is not None:
            self.ledger.scopes[full] = entry.type
        inner = replace(frame, parent=frame, scope=scope, inputs={"input": sources[0]}, numbered=False)
        port = self._inside(entry, path, inner, sources[0])
        return Named(full, {"output": port} if port else None, scope if name is not None else None)

    def _inside(self, entry: LayerSpec, path: "Path", frame: Frame, arriving: Port | None) -> Port | None:
        if isinstance(entry, Sequential):
            frame = replace(frame, entries=entry.layers, numbered=entry.numbered)
            return self.sequence(entry.layers, (*path, "layers"), frame, arriving)
        if isinstance(entry, Residual):
            ends = tuple(
                self.sequence(layers, (*path, key), replace(frame, entries=layers), arriving)
                for key, layers in (("body", entry.body), ("shortcut", entry.shortcut))
            )
            return self._merge(entry.merge, path, frame, ends)
        if isinstance(entry, Branches):
            ends = self._ends(entry, (*path, "branches"), frame, arriving)
            return self._merge(entry.merge, path, frame, ends)
        # A type expression gave the name of a container, whose lists were never read as layers.
        fault = Fault(f"a container's type is written out, not calculated: {entry.type}", key="type")
        self.ledger.report(frame, path, entry.name or "", fault)
        return None

    def _ends(self, entry: Branches, path: "Path", frame: Frame, arriving: Port | None) -> "Arrivals":
        """The ends of all branches; branches with names have scopes of their own."""
        if isinstance(entry.branches, tuple):
            return tuple(
                self.sequence(layers, (*path, index), replace(frame, entries=layers), arriving)
                for index, layers in enumerate(entry.branches)
            )
        ends: list[Port | None] = []
        for name, layers in entry.branches.items():
            where = (*path, name)
            try:
                frame.scope.claim(name, name, spot(frame, where, at_key=True)[0])
            except Fault as fault:
                self.ledger.report(frame, where, name, Fault(fault.fact, hint=fault.hint), at_key=True)
            scope = Scope(f"{frame.scope.prefix}{name}.")
            self.ledger.scopes[scope.prefix[:-1]] = "branch"
            inner = replace(frame, parent=frame, scope=scope, entries=layers)
            end = self.sequence(layers, where, inner, arriving)
            frame.scope.names[name] = Named(scope.prefix[:-1], {"output": end} if end else None, scope)
            ends.append(end)
        return tuple(ends)

    def _merge(self, merge: LayerSpec, path: "Path", frame: Frame, ends: "Arrivals") -> Port | None:
        if merge.from_ is not None or merge.repeat is not None:
            key = "from" if merge.from_ is not None else "repeat"
            fault = Fault(f"a merge has no `{key}`: it reads the ends of the branches", key=key)
            self.ledger.report(frame, (*path, "merge"), merge.type, fault)
            return None
        return self._entry(merge, (*path, "merge"), frame, ends)

    def _block(
        self, kind_name: str, entry: LayerSpec, path: "Path", frame: Frame, done: Named, sources: "Arrivals"
    ) -> Named:
        subject = f"{done.name} ({kind_name})"
        names = Bindings(frame, sources)
        try:
            defined = definition(kind_name, frame, self.model)
        except Fault as fault:
            self.ledger.report(frame, path, subject, fault)
            return done
        values, unknown, faults = evaluate_all(entry.arguments, names)
        faults += check_keys(defined.block.args, entry.arguments, COMMON_KEYS)
        if len(sources) != len(defined.inputs):
            faults.append(Misplaced((), _wrong_count(defined.inputs, len(sources))))
        self._report_all(faults, path, frame, subject)
        if faults or unknown:
            return done
        try:
            variables = arguments(defined.block, values, names, self.variables)
        except Unknown:
            return done
        except Fault as fault:
            self.ledger.report(frame, path, subject, fault)
            return done
        done.scope = Scope(done.name + ".")
        self.ledger.scopes[done.name] = kind_name
        inner = inside(defined, variables, frame, done.scope, path, sources)
        port = self.sequence(inner.entries, (*defined.path, "layers"), inner, sources[0])
        done.ports = {"output": port} if port else None
        return done

    # kinds

    def _primitive(
        self,
        cls: "type[Layer]",
        entry: LayerSpec,
        path: "Path",
        frame: Frame,
        done: Named,
        sources: "Arrivals",
    ) -> Named:
        subject = f"{done.name} ({cls.__name__})"
        layer, faults = build(cls, entry.arguments, COMMON_KEYS, Bindings(frame, sources))
        self._report_all(faults, path, frame, subject)
        ports = tuple(port for port in sources if port)
        origin = Origin(frame.document, path, frame.use)
        if layer is None or len(ports) != len(sources):
            return done
        try:
            facts = layer.infer(tuple(port.tensor for port in ports))
            tied = share(facts, cls.__name__, frame.tie, done.name, self.ledger.layers)
        except Fault as fault:
            problem = self.ledger.report(frame, path, subject, self.ledger.sourced(fault, ports))
            if problem is not None:
                refused = Refused(done.name, cls.__name__, ports, layer, origin, problem)
                self.ledger.refused.append(refused)
            return done
        self.ledger.layers[done.name] = TracedLayer(
            done.name,
            cls.__name__,
            ports,
            facts,
            spot(frame, path)[0],
            frame.frozen,
            tied,
            layer,
            origin,
        )
        done.ports = {name: Port(done.name, name, tensor) for name, tensor in facts.outputs.items()}
        return done

    def _report_all(self, faults: "Sequence[Misplaced]", path: "Path", frame: Frame, subject: str) -> None:
        for below, fault, at_key in faults:
            self.ledger.report(frame, (*path, *below), subject, fault, at_key=at_key)


def _subject(frame: Frame, name: str | None, kind_name: str) -> str:
    return f"{frame.scope.prefix}{name} ({kind_name})" if name else kind_name


def _wrong_count(wanted: "Sequence[str]", got: int) -> Fault:
    if len(wanted) == 1:
        return Fault(f"takes 1 input, got {got}", key="from", hint="merge them first")
    names = ", ".join(wanted)
    fact = f"takes {len(wanted)} inputs, got {got}"
    return Fault(fact, key="from", hint=f"name them in this order: from: [{names}]")
