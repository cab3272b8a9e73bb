"""What layers share, what has another precision, what is not trained: lines at the end of an __init__."""

from collections import defaultdict
from typing import TYPE_CHECKING

from archcalc.exporting.layout import BracketGroup, lines
from archcalc.exporting.members import member_reached, module_at
from archcalc.exporting.naming import ATTRIBUTES, is_attribute
from archcalc.exporting.scopes import ScopeNode
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from archcalc.exporting.scopes import Tree
    from archcalc.tracing import TracedLayer


FLOAT = "float32"
"""The precision that torch's modules are made in."""
FREEZING = ".requires_grad_(False)"
"""Behind what is not trained."""


@dataclass(frozen=True, slots=True)
class SharedTensor:
    """A tensor that two layers share.

    Args:
        scope: the innermost scope that has both.
        child: what of that scope has the later one.
        source: what of that scope has the earlier one.
        alike: below child and source it has the same name.
        before: the layer that has the later one, in code.
        name: of the later one.
        path: the way from the scope to the earlier one.
        buffer: it is no parameter.
    """

    scope: str
    child: str
    source: str
    alike: bool
    before: str
    name: str
    path: tuple[str, ...]
    buffer: bool

    def line(self, plain: "Callable[[tuple[str, ...]], bool]") -> str:
        """What makes the two one; ``plain`` says whether checkers know the way to a layer."""
        path = ".".join(self.path)
        get = "get_buffer" if self.buffer else "get_parameter"
        value = f"self.{path}" if plain(self.path[:-1]) else f'self.{get}("{path}")'
        if not ATTRIBUTES.isdisjoint(self.path):
            value = module_at(path, "_buffers" if self.buffer else "_parameters")
        return f"{self.before}.{self.name} = {value}"


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the classes of scopes end their __init__ with."""

    ties: "Mapping[str, tuple[SharedTensor, ...]]"
    whole_scopes: "Mapping[str, tuple[str, ...]]"

    def whole(self, scope: str, child: str, tensors: int) -> str:
        """The sibling that shares every one of a child's tensors under the same names; empty: none does."""
        ties = [tie for tie in self.ties.get(scope, ()) if tie.child == child]
        sources = {tie.source for tie in ties}
        if len(ties) != tensors or len(sources) != 1 or not all(tie.alike for tie in ties):
            return ""
        return sources.pop()

    def closing(
        self, scope: str, reused: "Collection[str]", plain: "Callable[[tuple[str, ...]], bool]"
    ) -> tuple[str, ...]:
        """The lines for a scope, but for those of children that are their siblings once more."""
        ties = (tie.line(plain) for tie in self.ties.get(scope, ()) if tie.child not in reused)
        return (*ties, *self.whole_scopes.get(scope, ()))


def sharing(tree: "Tree") -> Sharing:
    """What is shared, of another precision than torch's own, and frozen in which scope."""
    ties: dict[str, list[SharedTensor]] = defaultdict(list)
    for layer in tree.trace.layers:
        for own, full in layer.tied.items():
            found = _tie(layer, own, full, tree.opened)
            ties[found.scope].append(found)
    lines: dict[str, list[str]] = defaultdict(list)
    for scope, line in (*_precise(tree, tree.root), *_frozen(tree, tree.root)):
        lines[scope].append(line)
    return Sharing(
        {scope: tuple(each) for scope, each in ties.items()},
        {scope: tuple(each) for scope, each in lines.items()},
    )


def _tie(layer: "TracedLayer", own: str, full: str, opened: "Collection[str]") -> SharedTensor:
    mine, theirs = layer.name.split("."), full.split(".")
    common = 0
    while common < min(len(mine), len(theirs)) - 1 and mine[common] == theirs[common]:
        common += 1
    while ".".join(mine[:common]) in opened:
        common -= 1
    holder = [*mine[common:], *own.split(".")] if own else mine[common:]
    source, target = theirs[common:], holder[:-1]
    before = "self"
    if target:
        before = member_reached(".".join(target), parameter=False)
    alike, buffer = holder[1:] == source[1:], own in layer.facts.buffers
    return SharedTensor(
        ".".join(mine[:common]), holder[0], source[0], alike, before, holder[-1], tuple(source), buffer
    )


def _precise(tree: "Tree", scope: ScopeNode) -> "Iterator[tuple[str, str]]":
    """The outermost scopes and layers whose numbers all have one precision that is not torch's own."""
    found = {layer.precision for layer in tree.trace.layers[scope.first : scope.end] if _holds_numbers(layer)}
    if found <= {FLOAT}:
        return
    if not scope.name and len(found) == 1:
        yield "", f"self.to(torch.{found.pop()})"
        return
    for label, child in scope.children.items():
        if isinstance(child, ScopeNode):
            inside = [layer for layer in tree.trace.layers[child.first : child.end] if _holds_numbers(layer)]
            kinds = {layer.precision for layer in inside}
            if len(kinds) == 1 and kinds != {FLOAT}:
                yield scope.name, f"{_reached(label, child=True)}.to(torch.{kinds.pop()})"
            else:
                yield from _precise(tree, child)
        elif _holds_numbers(child) and child.precision != FLOAT:
            bare = "" in child.facts.weights
            name, data = _reached(label, child=not bare), ".data" if bare else ""
            store = f"{name}.data = " if bare else ""
            yield scope.name, f"{store}{name}{data}.to(torch.{child.precision})"


def _holds_numbers(layer: "TracedLayer") -> bool:
    return bool(layer.facts.weights or layer.facts.buffers)


def _frozen(tree: "Tree", scope: ScopeNode) -> "Iterator[tuple[str, str]]":
    """The outermost scopes and layers of whose weights none is trained, and weights that are not."""
    weighted = [layer for layer in tree.trace.layers[scope.first : scope.end] if layer.facts.weights]
    if not any(layer.untrained for layer in weighted):
        return
    if not scope.name and all(layer.frozen for layer in weighted):
        yield "", f"self{FREEZING}"
        return
    for label, child in scope.children.items():
        if isinstance(child, ScopeNode):
            inside = [layer for layer in tree.trace.layers[child.first : child.end] if layer.facts.weights]
            if inside and all(layer.frozen for layer in inside):
                yield scope.name, f"{_reached(label, child=True)}{FREEZING}"
            else:
                yield from _frozen(tree, child)
        elif child.frozen_weights or (child.frozen and tree.trace.encloses(child.name)):
            for weight in child.untrained:
                found = f'{_reached(label, child=True)}.get_parameter("{weight}")'
                yield scope.name, f"{found}{FREEZING}"
        elif child.frozen and child.facts.weights:
            yield scope.name, f"{_reached(label, child='' not in child.facts.weights)}{FREEZING}"


def _reached(label: str, *, child: bool) -> str:
    if label in ATTRIBUTES:
        kind, home = ("nn.Module", "_modules") if child else ("Tensor", "_parameters")
        return f'cast({kind}, self.{home}["{label}"])'
    if is_attribute(label):
        return f"self.{label}"
    return f'self.get_{"submodule" if child else "parameter"}("{label}")'


def closing_lines(line: str, indent: int) -> "Iterator[str]":
    """A line at the end of an ``__init__``, broken where it is too long."""
    frozen = line.removesuffix(FREEZING)
    if frozen == line:
        return lines(line, indent)
    return lines(BracketGroup("(", ("False",), ")"), indent, frozen + FREEZING.partition("(")[0])
