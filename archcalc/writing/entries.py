"""Specs and blocks as plain data in the shape of their files: defaults left out, keys in the house's order.

A tree says what has lines of its own; ``Flow`` holds what stands on one line.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from archcalc.records import dataclass
from archcalc.spec import (
    Block,
    Branches,
    Custom,
    InputSpec,
    LayerSpec,
    Limits,
    Residual,
    Scan,
    ScanState,
    Sequential,
    Spec,
    Vmap,
)
from archcalc.writing.limits import limit_text, same_limit
from archcalc.writing.scalars import Quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from archcalc.source import Path
    from archcalc.writing.original import Original


@dataclass(frozen=True, slots=True)
class Flow:
    """Plain data that stand in brackets on one line where they fit."""

    value: object


Tree: TypeAlias = "Mapping[str, Tree] | Sequence[Tree] | Flow"
"""Mappings and lists whose entries have lines of their own, down to values on one line."""

SPEC = ("name", "note", "task", "loss", "ignore", "min_receptive_field", "vars", "inputs", "blocks", "layers")
BLOCK = ("note", "paper", "copies", "args", "about", "params", "inputs", "layers", "outputs")
BEFORE = ("type", "name", "from", "inputs", "numbered", "reopen", "in_dims", "when")
BEHIND = ("frozen", "tie", "init", "repeat", "expect", "ignore", "note")
"""Common keys before and behind a layer's own arguments."""
LONGEST_NUMBER = 18
"""Digits of a name that can stand without quotes."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Turns models into trees, with the order of keys that the original has."""

    original: "Original"

    def spec(self, spec: Spec) -> "dict[str, Tree]":
        """A whole file."""
        found = _written(spec)
        trees: dict[str, Tree] = {name: Flow(value) for name, value in found.items()}
        for name, own in (("task", spec.task), ("loss", spec.loss)):
            if isinstance(own, Custom):
                trees[name] = Flow({"custom": own.custom})
        if spec.note is not None:
            trees["note"] = Flow(Quoted(spec.note))
        trees["inputs"] = self.original.ordered(
            ("inputs",), {name: Flow(_input(value)) for name, value in spec.inputs.items()}
        )
        if spec.blocks:
            blocks = {name: self.block(block, ("blocks", name)) for name, block in spec.blocks.items()}
            trees["blocks"] = blocks
        trees["layers"] = self._layers(spec.layers, ("layers",))
        if spec.outputs is not None:
            trees["outputs"] = Flow(_references(spec.outputs))
        if "training" in found:
            trees["training"] = Flow(self.original.ordered(("training",), _written(spec.training)))
        if "budgets" in found:
            trees["budgets"] = Flow(self._budgets(spec))
        return self.original.ordered((), _arranged(trees, SPEC))

    def block(self, block: Block, path: "Path") -> "dict[str, Tree]":
        """A block, in a file of its own (``path`` is empty) or in a spec."""
        trees: dict[str, Tree] = {name: Flow(value) for name, value in _written(block).items()}
        for name in ("note", "paper"):
            if name in trees:
                trees[name] = Flow(Quoted(getattr(block, name)))
        if block.inputs:
            trees["inputs"] = Flow([_reference(name) for name in block.inputs])
        if block.outputs:
            trees["outputs"] = Flow(_outputs(block.outputs))
        if block.about:
            trees["about"] = {name: Flow(text) for name, text in block.about.items()}
        trees["layers"] = self._layers(block.layers, (*path, "layers"))
        return self.original.ordered(path, _arranged(trees, BLOCK))

    def _budgets(self, spec: Spec) -> dict[str, object]:
        """The limits of the network, and behind them those of scopes."""
        path = ("budgets",)
        scopes = {
            name: self._limits(limits, (*path, "scopes", name))
            for name, limits in spec.budgets.scopes.items()
        }
        own = self._limits(spec.budgets, path)
        return self.original.ordered(path, {**own, "scopes": scopes} if scopes else own)

    def _limits(self, limits: Limits, path: "Path") -> dict[str, object]:
        """Metric -> limit, as it was written where that is known."""
        texts: dict[str, object] = {}
        for metric, limit in limits.written():
            before = self.original.at((*path, metric))
            texts[metric] = before if same_limit(before, limit) else limit_text(limit)
        return self.original.ordered(path, texts)

    def _layers(self, layers: "Sequence[LayerSpec]", path: "Path") -> Tree:
        if not layers:
            return Flow([])
        return self._kept([self._layer(layer, (*path, index)) for index, layer in enumerate(layers)], path)

    def _layer(self, layer: LayerSpec, path: "Path") -> Tree:
        """A bare word, a mapping on one line, or a container with lists of layers in it."""
        common = _written(layer)
        if layer.name is not None:
            common["name"] = _reference(layer.name)
        if layer.from_ is not None:
            common["from"] = _references(layer.from_)
        own = {**layer.arguments, **{name: value for name, value in common.items() if name in BEHIND}}
        entry = {name: common[name] for name in BEFORE if name in common} | own
        inner = self._inner(layer, path)
        if not inner:
            bare = len(entry) == 1
            return Flow(layer.type if bare else self.original.ordered(path, entry))
        trees: dict[str, Tree] = {name: Flow(value) for name, value in entry.items()}
        return self._kept(self.original.ordered(path, {**trees, **inner}), path)

    def _inner(self, layer: LayerSpec, path: "Path") -> "dict[str, Tree]":
        """The layers that a container holds."""
        inner: dict[str, Tree] = {}
        if isinstance(layer, Scan):
            inner["states"] = {name: Flow(_state(state)) for name, state in layer.states.items()}
            inner["layers"] = self._layers(layer.layers, (*path, "layers"))
            if layer.outputs:
                inner["outputs"] = Flow(_outputs(layer.outputs))
        elif isinstance(layer, Sequential | Vmap):
            inner["layers"] = self._layers(layer.layers, (*path, "layers"))
        elif isinstance(layer, Residual):
            inner["body"] = self._layers(layer.body, (*path, "body"))
            if layer.shortcut:
                inner["shortcut"] = self._layers(layer.shortcut, (*path, "shortcut"))
        elif isinstance(layer, Branches):
            inner["branches"] = self._branches(layer, (*path, "branches"))
        if isinstance(layer, Residual | Branches) and "merge" in _written(layer):
            inner["merge"] = self._layer(layer.merge, (*path, "merge"))
        return inner

    def _branches(self, layer: Branches, path: "Path") -> Tree:
        if isinstance(layer.branches, dict):
            named = {name: self._layers(branch, (*path, name)) for name, branch in layer.branches.items()}
            return self._kept(named, path)
        listed = [self._layers(branch, (*path, index)) for index, branch in enumerate(layer.branches)]
        return self._kept(listed, path)

    def _kept(self, tree: Tree, path: "Path") -> Tree:
        """A tree on one line where the original has it so."""
        return Flow(_plain(tree)) if self.original.on_one_line(path) else tree


def _written(model: "BaseModel") -> dict[str, object]:
    """Field -> value of those that do not have their defaults."""
    fields = type(model).model_fields
    values = ((name, getattr(model, name), field.get_default()) for name, field in fields.items())
    return {name: value for name, value, default in values if value != default}


def _arranged(trees: "Mapping[str, Tree]", names: "Iterable[str]") -> "dict[str, Tree]":
    """The entries in the order of the names, the others behind."""
    return {name: trees[name] for name in names if name in trees} | dict(trees)


def _input(value: InputSpec) -> object:
    shape = list(value.shape)
    return {"shape": shape, "dtype": value.dtype} if "dtype" in _written(value) else shape


def _reference(name: str) -> object:
    """A name; a number where it reads as the same name."""
    number = int(name) if name.isdecimal() and name.isascii() and len(name) <= LONGEST_NUMBER else None
    return number if number is not None and str(number) == name else name


def _references(names: "Sequence[str]") -> object:
    return _reference(names[0]) if len(names) == 1 else [_reference(name) for name in names]


def _outputs(outputs: "Sequence[str] | Mapping[str, str]") -> object:
    """Names of what leaves a block or a step."""
    if isinstance(outputs, Mapping):
        return {name: _reference(value) for name, value in outputs.items()}
    return _references(outputs)


def _state(state: ScanState) -> object:
    """A state on one line."""
    begin = {"shape": state.shape} if state.from_ is None else {"from": _reference(state.from_)}
    return {**begin, "next": _reference(state.next)}


def _plain(tree: Tree) -> object:
    """The data of a tree."""
    if isinstance(tree, Flow):
        return tree.value
    if isinstance(tree, Mapping):
        return {name: _plain(value) for name, value in tree.items()}
    return [_plain(item) for item in tree]
