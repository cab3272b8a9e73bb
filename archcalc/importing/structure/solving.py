"""Which arguments a shipped block would need to be the layers of a scope: read off the layers of one name."""

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.expressions import Unknown, evaluate, is_expression
from archcalc.importing.structure.arguments import ABSENT, same_value
from archcalc.importing.structure.layering import default_of, plain_data
from archcalc.layers.registry import KINDS, kind
from archcalc.spec import CONTAINERS, LayerSpec, Sequential
from archcalc.tracing.arguments import REQUIRED
from archcalc.tracing.library import block, block_names
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.expressions import Value
    from archcalc.facts import Shape
    from archcalc.importing.program import Step
    from archcalc.importing.structure.items import FullName

WORD = re.compile(r"[^\W\d]\w*")
BARE = re.compile(r"=\s*([^\W\d]\w*)\s*")
NEGATED = re.compile(r"=\s*not\s+([^\W\d]\w*)\s*")
UNEQUAL = re.compile(r"=\s*([^\W\d]\w*)\s*!=\s*(\d+|null)\s*")


MOST_CONDITIONS = 4
"""Conditions in a block of which every choice is looked at."""


class Pattern(NamedTuple):
    """A layer of a shipped block.

    Args:
        name: below the block.
        type: its kind, or an expression.
        arguments: as they are written, in the arguments of the whole block.
        sure: it has weights and is always there.
    """

    name: "FullName"
    type: str
    arguments: "Mapping[str, object]"
    sure: bool


class Patterns(NamedTuple):
    """A shipped block, where the layers that may be left out are there or where they are not.

    Args:
        block: its name.
        layers: in it and in the blocks in it.
        given: arguments that follow from which layers are there.
    """

    block: str
    layers: tuple[Pattern, ...]
    given: "Mapping[str, object]"


@cache
def all_patterns() -> tuple[Patterns, ...]:
    """The shipped blocks, those of most layers first."""
    found = [each for name in sorted(block_names()) for each in _patterns(name)]
    return tuple(sorted(found, key=lambda each: -len(each.layers)))


def _patterns(name: str) -> "Iterator[Patterns]":
    """A shipped block in every choice of the layers that may be left out; where there are many, in two."""
    conditions: dict[str, None] = {}
    _layers(name, _Walk(conditions, {}))
    count = len(conditions)
    choices = (
        product((True, False), repeat=count)
        if count <= MOST_CONDITIONS
        else ((True,) * count, (False,) * count)
    )
    for choice in choices:
        walk = _Walk(conditions, dict(zip(conditions, choice, strict=True)))
        layers = _layers(name, walk)
        if any(layer.sure for layer in layers):
            yield Patterns(name, layers, walk.given)


def _layers(name: str, walk: "_Walk") -> tuple[Pattern, ...]:
    defined = block(name)[0]
    arguments = {key: f"={key}" for key in defined.args}
    return tuple(walk.entries(defined.layers, (), arguments, numbered=False, sure=True))


class _Walk:
    """A walk through the layers of a shipped block, in the arguments of which all is told.

    Args:
        conditions: under which layers are there; those that are met are added.
        holds: which of them hold; the others do.
    """

    def __init__(self, conditions: "dict[str, None]", holds: "Mapping[str, bool]") -> None:
        self.conditions = conditions
        self.holds = holds
        self.given: dict[str, object] = {}
        """Arguments that follow."""

    def entries(
        self,
        entries: "Iterable[LayerSpec]",
        name: "FullName",
        known: "Mapping[str, object]",
        *,
        numbered: bool,
        sure: bool,
    ) -> "Iterator[Pattern]":
        number = 0
        for entry in entries:
            if entry.when is not True and not self._is_there(str(entry.when)):
                continue
            own = (entry.name,) if entry.name else (str(number),) if numbered else ()
            number += numbered and not entry.name
            yield from self._entry(entry, (*name, *own), known, sure=sure and entry.when is True)

    def _is_there(self, when: str) -> bool:
        """Whether a layer is there, and what follows from that."""
        negated = NEGATED.fullmatch(when)
        condition = f"={negated[1]}" if negated else when
        self.conditions[condition] = None
        holds = self.holds.get(condition, True)
        bare, unequal = BARE.fullmatch(condition), UNEQUAL.fullmatch(condition)
        if bare:
            self.given[bare[1]] = holds
        elif unequal and not holds:
            self.given[unequal[1]] = None if unequal[2] == "null" else int(unequal[2])
        return holds is not bool(negated)

    def _entry(
        self, entry: LayerSpec, name: "FullName", known: "Mapping[str, object]", *, sure: bool
    ) -> "Iterator[Pattern]":
        if entry.type in CONTAINERS:
            numbered = isinstance(entry, Sequential) and entry.numbered
            for _, layers in entry.ways():
                yield from self.entries(layers, name, known, numbered=numbered, sure=sure)
            return
        arguments = {key: _told(value, known) for key, value in entry.arguments.items()}
        if entry.type in block_names():
            inner = block(entry.type)[0]
            defaults = {key: value for key, value in inner.args.items() if not is_expression(value)}
            yield from self.entries(inner.layers, name, {**defaults, **arguments}, numbered=False, sure=sure)
            return
        sure = sure and entry.type in KINDS and not _is_weightless(entry.type)
        yield Pattern(name, str(_told(entry.type, known)), arguments, sure)


def _told(value: object, known: "Mapping[str, object]") -> object:
    """A value in the arguments of the whole block; ABSENT where it is not simply one of them."""
    if not is_expression(value):
        return value
    bare = BARE.fullmatch(value)
    if bare:
        return known.get(bare[1], ABSENT)
    words = set(WORD.findall(value)) & set(known)
    return value if all(known[word] == f"={word}" for word in words) else ABSENT


def _is_weightless(name: str) -> bool:
    found = kind(name)
    return bool(found.bends or found.passes or found.merges or found.drops)


def arguments_for(
    patterns: Patterns, steps: "Mapping[FullName, Step]", arriving: "Shape | None"
) -> "dict[str, object] | None":
    """The arguments with which a shipped block has these layers; None: with none, as far as names tell.

    Args:
        patterns: of the block.
        steps: by their names below the scope.
        arriving: shape of what arrives.
    """
    args = block(patterns.block)[0].args
    found: dict[str, object] = dict(patterns.given)
    equations: list[tuple[str, object]] = []
    for pattern in patterns.layers:
        step = steps.get(pattern.name)
        if step is None or not (pattern.type.startswith("=") or pattern.type == step.kind):
            if pattern.sure:
                return None
            continue
        for text, value in _beside(pattern, step):
            bare = BARE.fullmatch(text)
            if bare and bare[1] in args:
                found.setdefault(bare[1], value)
            else:
                equations.append((text, value))
    _solve(equations, args, found, arriving)
    if any(default == REQUIRED and key not in found for key, default in args.items()):
        return None
    return {key: found[key] for key in args if key in found}


def _beside(pattern: Pattern, step: "Step") -> "Iterator[tuple[str, object]]":
    """Expressions of a pattern, and what they are in a step."""
    yield pattern.type, step.kind
    for key, text in pattern.arguments.items():
        value = plain_data(step.arguments.get(key, default_of(step.kind, key)))
        if is_expression(text) and value is not ABSENT and value is not None:
            yield text, value


def _solve(
    equations: "list[tuple[str, object]]",
    args: "Mapping[str, object]",
    found: dict[str, object],
    arriving: "Shape | None",
) -> None:
    """Add arguments that stand alone in an expression of whole numbers, as factors or terms."""
    for text, value in equations:
        open_ones = [word for word in dict.fromkeys(WORD.findall(text)) if word in args and word not in found]
        needed = [word for word in open_ones if is_expression(args[word]) or args[word] == REQUIRED]
        if len(needed) != 1 or not isinstance(value, int) or isinstance(value, bool):
            continue
        begin, end = (_value(text, args, {**found, needed[0]: number}, arriving) for number in (1, 2))
        if isinstance(begin, int) and isinstance(end, int) and end != begin:
            wanted, left = divmod(value - begin, end - begin)
            if not left:
                found[needed[0]] = wanted + 1


def _value(
    text: str, args: "Mapping[str, object]", given: "Mapping[str, object]", arriving: "Shape | None"
) -> object:
    try:
        return evaluate(text, _Given(args, given, arriving))
    except (Fault, Unknown):
        return ABSENT


class _Given:
    """The names in an expression: arguments, their defaults, and the shape that arrives."""

    def __init__(
        self, args: "Mapping[str, object]", given: "Mapping[str, object]", arriving: "Shape | None"
    ) -> None:
        self.args = args
        self.given = given
        self.arriving = arriving

    def lookup(self, name: str) -> "Value":
        """The value of a name."""
        shape, own = self.arriving, name.removeprefix("block.")
        if name in self.given:
            return cast("Value", self.given[name])
        if own in ("in_channels", "in_features", "in_shape"):
            if not shape:
                raise Unknown
            return list(shape) if own == "in_shape" else shape[0] if own == "in_channels" else shape[-1]
        default = self.args.get(name, REQUIRED)
        if default == REQUIRED:
            raise Unknown
        return evaluate(default, self) if is_expression(default) else cast("Value", default)

    def known(self) -> "Iterable[str]":
        """Names that may be used."""
        return self.args


def at_default(name: str, given: "Mapping[str, object]", arriving: "Shape | None") -> frozenset[str]:
    """Arguments of a shipped block that have their defaults."""
    args = block(name)[0].args
    found: set[str] = set()
    for key, default in args.items():
        if key not in given or default == REQUIRED:
            continue
        others = {other: value for other, value in given.items() if other != key}
        value = _value(default, args, others, arriving) if is_expression(default) else default
        if value is not ABSENT and same_value(plain_data(value), given[key]):
            found.add(key)
    return frozenset(found)
