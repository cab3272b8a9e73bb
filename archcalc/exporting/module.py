"""A network as the source of a torch module."""

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from archcalc.effort import one_by_one
from archcalc.errors import Problem, SpecError
from archcalc.exporting.classes import Class
from archcalc.exporting.clusters import Cluster, clusters
from archcalc.exporting.containers import without_class
from archcalc.exporting.file import LIBRARIES, STANDARD, assembled
from archcalc.exporting.kinds.scanned import scan_form
from archcalc.exporting.naming import MEANT, SET_BY_TORCH, attribute, class_name
from archcalc.exporting.parameters import Parameters
from archcalc.exporting.pieces import PIECES
from archcalc.exporting.programs import ClassBody, Programs
from archcalc.exporting.scopes import ScopeNode, Tree
from archcalc.exporting.sharing import sharing
from archcalc.exporting.surroundings import surroundings
from archcalc.exporting.unwritable import unwritable
from archcalc.tracing.scan import ScanLayer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.tracing import Trace

RESERVED = frozenset({"F", "Tensor", "Literal", "Any", "Network"}).union(STANDARD, *LIBRARIES.values())
"""Names that no class has: those of imports, and one for a network without a name."""
SET_BY = "it is what train() and eval() set"
RENAME = "rename the layer or scope"


def torch_source(trace: "Trace") -> str:
    """The source of a file with one class for the network and one for each of its blocks.

    Args:
        trace: the network.

    Raises:
        SpecError: a name in it cannot be that of a module, or there are too many layers.
    """
    one_by_one(trace, "an export")
    problems = [
        Problem(layer.place, layer.subject, f"torch has no module called {SET_BY_TORCH!r}: {SET_BY}", RENAME)
        for layer in trace.layers
        if SET_BY_TORCH in layer.name.split(".")
    ]
    problems += [problem for layer in trace.layers for problem in unwritable(layer)]
    if problems:
        raise SpecError(problems)
    return Exporter(trace).text()


class Exporter:
    """Turns the scopes of a trace into classes, innermost first."""

    def __init__(self, trace: "Trace") -> None:
        self.trace = trace
        self.tree = Tree(trace)
        self.programs = Programs(self.tree, sharing(self.tree))
        self.classes: list[Class] = []
        self.names: set[str] = {*RESERVED, *PIECES}

    def text(self) -> str:
        """The whole file."""
        self.write()
        return assembled(self.trace, self.classes)

    def write(self) -> str:
        """Make all classes; the name of the last one, which is the network."""
        self._write_steps()
        for group in self._groups():
            needing: list[tuple[ScopeNode, ClassBody]] = []
            for scope in group:
                program = self.programs.of(scope)
                placed = None if self.tree.is_block(scope) else without_class(program)
                if placed is not None:
                    self.programs.realized[scope.name] = placed
                else:
                    needing.append((scope, program))
            for cluster in clusters(needing):
                self._add(cluster)
        root = self.tree.root
        inputs = self._root_inputs()
        self._add(Cluster([(root, self.programs.of(root))]), inputs)
        return self.classes[-1].name

    def _write_steps(self) -> None:
        """The classes of steps of recurrences over a sub-graph."""
        for layer in self.trace.layers:
            if isinstance(layer.arguments, ScanLayer):
                step = Exporter(layer.arguments.body)
                step.names = self.names
                name = step.write()
                self.classes += step.classes
                self.programs.scans[layer.name] = scan_form(layer, layer.arguments, name)

    def _groups(self) -> list[list[ScopeNode]]:
        """Scopes that may be uses of one class, each group behind those that are inside its scopes."""
        scopes = [scope for scope in self.tree.root.walk() if scope.name]
        scopes.sort(key=lambda scope: scope.first)
        for exact in (False, True):
            groups: dict[object, list[ScopeNode]] = defaultdict(list)
            for scope in scopes:
                groups[self._key(scope, exact=exact)].append(scope)
            order = _ordered(groups, {scope.name: self._key(scope, exact=exact) for scope in scopes})
            if order is not None:
                return order
        raise AssertionError("scopes of one height are never inside one another")

    def _key(self, scope: ScopeNode, *, exact: bool) -> object:
        if self.tree.is_block(scope):
            return ("block", scope.kind, scope.height if exact else -1)
        label = _labels(scope)[-1] if scope.label.isdigit() and _labels(scope) else scope.label
        return ("scope", label, scope.label.isdigit(), scope.height)

    def _root_inputs(self) -> tuple[str, ...]:
        inputs = self.trace.inputs
        if len(inputs) == 1 and next(iter(inputs.values())).is_float:
            return ("x",)
        found: list[str] = []
        for name in inputs:
            own = attribute(name.lstrip("/"))
            while own in found or own in MEANT or own in PIECES:
                own = f"{own}_"
            found.append(own)
        return tuple(found)

    def _add(self, cluster: Cluster, inputs: "tuple[str, ...] | None" = None) -> None:
        scope, program = cluster.uses[0]
        around = [surroundings(self.tree, each) for each, _ in cluster.uses]
        parameters = Parameters(around, self._defaults(scope))
        given = inputs or (
            ("x",) if program.inputs == 1 else ("x", "y", "z", "u", "v", "w")[: program.inputs]
        )
        if len(given) < program.inputs:
            given = tuple(f"x{index}" for index in range(program.inputs))
        name = self._class_name(scope)
        made = Class(
            name,
            cluster,
            parameters,
            self._about(scope),
            given,
            frozenset(PIECES),
        )
        made.settle()
        self.classes.append(made)
        for index, (each, _) in enumerate(cluster.uses):
            self.programs.realized[each.name] = made.part(index)

    def _class_name(self, scope: ScopeNode) -> str:
        if not scope.name:
            wanted = self.trace.model
        elif self.tree.is_block(scope):
            wanted = scope.kind
        else:
            wanted = next(reversed(_labels(scope)), scope.kind)
        base = class_name(wanted)
        name, count = base, 1
        while name in self.names:
            count += 1
            name = f"{base}{count}"
        self.names.add(name)
        return name

    def _definition(self, scope: ScopeNode) -> "Mapping[str, object]":
        """A block as it is written."""
        use = self.trace.uses.get(scope.name)
        if use is None or use.arguments is None:
            return {}
        spec = use.origin.in_spec.document
        found = spec.at(("blocks", scope.kind))
        if isinstance(found, dict):
            return cast("Mapping[str, object]", found)
        from archcalc.tracing import library

        if scope.kind in library.block_names():
            return cast("Mapping[str, object]", library.block(scope.kind)[1].data)
        return {}

    def _defaults(self, scope: ScopeNode) -> "Mapping[str, object]":
        written = cast("Mapping[str, object]", self._definition(scope).get("args") or {})
        return {
            name: value
            for name, value in written.items()
            if value != "required"
            and not (isinstance(value, str) and value.strip().startswith("="))
            and not isinstance(value, list)
        }

    def _about(self, scope: ScopeNode) -> str:
        note = self._definition(scope).get("note")
        if not isinstance(note, str) or '"""' in note or "\\" in note or note.endswith('"'):
            return ""
        text = " ".join(note.split())
        return text if text.endswith(".") else f"{text}."


def _labels(scope: ScopeNode) -> list[str]:
    """What it and the scopes around it are called, but for numbers: those are turns of a repeat."""
    return [label for label in scope.name.split(".") if not label.isdigit()]


def _ordered(
    groups: "Mapping[object, list[ScopeNode]]", keys: "Mapping[str, object]"
) -> list[list[ScopeNode]] | None:
    """The groups, each behind those inside it; None where they are inside one another."""
    inside = {
        key: {keys[each.name] for scope in group for each in scope.scopes()} for key, group in groups.items()
    }
    found: list[list[ScopeNode]] = []
    done: set[object] = set()
    while len(done) < len(groups):
        ready = [key for key in groups if key not in done and inside[key] <= done]
        if not ready:
            return None
        for key in ready:
            found.append(groups[key])
            done.add(key)
    return found
