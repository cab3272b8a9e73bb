"""Checks a spec with other variables, input shapes and frozen layers than it has, in one way or several."""

from dataclasses import field, replace
from itertools import chain
from typing import TYPE_CHECKING

from archcalc.cures.trying import Trials
from archcalc.errors import Fault, SpecError, nearest
from archcalc.facts import Tensor
from archcalc.loading import check
from archcalc.records import dataclass
from archcalc.rules.engine.checking import Checked, check_document, check_model
from archcalc.tracing.freezing import frozen
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archcalc.expressions import Value
    from archcalc.facts import Arriving
    from archcalc.loading import Model
    from archcalc.rules.engine.report import Reported
    from archcalc.source import Document
    from archcalc.tracing import Trace

WRITTEN_ONLY = frozenset({"AC002"})
"""Rules on the spec as it is written: a suppression may be needed there and not with other values."""


@dataclass(frozen=True, slots=True)
class OtherValues:
    """What stands in the place of what a spec says.

    Args:
        values: variable -> value.
        shapes: input -> shape without the batch, or a tensor; the name ``""`` means the only input.
        freeze: patterns of layers that are frozen.
    """

    values: "Mapping[str, Value]" = field(default_factory=dict[str, "Value"])
    shapes: "Mapping[str, Arriving]" = field(default_factory=dict[str, "Arriving"])
    freeze: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The values in a line: ``width=32, image=3x64x64, tokens=35:int64``."""
        sizes = (f"{name}={_sizes(shape)}" for name, shape in self.shapes.items())
        return ", ".join((*(f"{name}={_word(value)}" for name, value in self.values.items()), *sizes))


def _sizes(given: "Arriving") -> str:
    shape, dtype = (given.shape, f":{given.dtype}") if isinstance(given, Tensor) else (given, "")
    return f"{'x'.join(map(str, shape))}{dtype}"


def _word(value: object) -> str:
    return value if isinstance(value, str) else shown(value)


@dataclass(frozen=True, slots=True)
class Overridden:
    """What is found in one spec, over all that was given.

    Args:
        checked: each finding once, with the values for which it is true.
        lacking: what was given and this spec has no place for: facts, each with its hint.
    """

    checked: Checked
    lacking: "Mapping[str, str]"


def check_given(
    document: "Document", active: frozenset[str], given: "Sequence[OtherValues]", *, helping: bool = True
) -> Overridden:
    """Check a document with everything that is given, one after the other."""
    ways = [_checked(document, active - WRITTEN_ONLY, each, helping=helping) for each in given]
    found = _merged((way.words, way.checked.findings) for way in ways)
    suppressed = _merged((way.words, way.checked.suppressed) for way in ways)
    notes = dict.fromkeys(chain.from_iterable(way.checked.notes for way in ways))
    # A pattern may fit a layer that only some values build.
    lacking = {
        fact: hint for fact, hint in ways[0].lacking.items() if all(fact in way.lacking for way in ways)
    }
    return Overridden(Checked(found, suppressed, notes=list(notes)), lacking)


@dataclass(frozen=True, slots=True)
class _Way:
    words: str
    checked: Checked
    lacking: "Mapping[str, str]"


def _checked(document: "Document", active: frozenset[str], given: OtherValues, *, helping: bool) -> _Way:
    try:
        model = check(document)
    except SpecError:
        return _Way("", check_document(document, active), {})
    fitting, lacking = _fitting(given, model)
    # A cure may take a layer away that is frozen, or rename it: what fits is asked of the spec as it is.
    trials = Trials(document, active, lambda model: model_with(model, fitting), _freezing(fitting.freeze, {}))
    noted = _freezing(fitting.freeze, lacking)
    checked = check_model(trials.given(model), trials, helping=helping, altered=noted)
    return _Way(fitting.words, checked, lacking)


def _fitting(given: OtherValues, model: "Model") -> tuple[OtherValues, dict[str, str]]:
    """What the spec has a place for, and what it has none for."""
    spec, lacking = model.spec, dict[str, str]()
    only = next(iter(spec.inputs)) if len(spec.inputs) == 1 else ""
    shapes = {name or only: shape for name, shape in given.shapes.items()}
    for name in given.values:
        if name not in spec.vars:
            lacking[f"--set: the spec has no variable {name!r}"] = nearest(name, spec.vars)
    for name in shapes:
        if name not in spec.inputs:
            what = f"no input {name!r}" if name else "several inputs: write NAME=SHAPE"
            lacking[f"--input: the spec has {what}"] = nearest(name, spec.inputs)
    values = {name: value for name, value in given.values.items() if name in spec.vars}
    shapes = {name: shape for name, shape in shapes.items() if name in spec.inputs}
    return OtherValues(values, shapes, given.freeze), lacking


def model_with(model: "Model", given: OtherValues) -> "Model":
    """The spec as if it had been written with these values; its document stays, for the places."""
    inputs = {
        name: spec.model_copy(update=_changes(given.shapes.get(name, spec.shape)))
        for name, spec in model.spec.inputs.items()
    }
    changes = {"vars": {**model.spec.vars, **given.values}, "inputs": inputs}
    return replace(model, spec=model.spec.model_copy(update=changes))


def _changes(given: "Arriving | tuple[object, ...]") -> dict[str, object]:
    """What of an input is another one."""
    return {"shape": given.shape, "dtype": given.dtype} if isinstance(given, Tensor) else {"shape": given}


def _freezing(patterns: "Iterable[str]", lacking: dict[str, str]) -> "Callable[[Trace], Trace]":
    def freeze(trace: "Trace") -> "Trace":
        for pattern in patterns:
            try:
                trace = frozen(trace, [pattern])
            except Fault as fault:
                lacking[f"--freeze: {fault.fact}"] = fault.hint
        return trace

    return freeze


def _merged(ways: "Iterable[tuple[str, Sequence[Reported]]]") -> "list[Reported]":
    """Each finding once in file order, with all values for which it was found."""
    values: dict[Reported, list[str]] = {}
    for words, findings in ways:
        for found in findings:
            # What --fix may change was judged for other values than are written.
            values.setdefault(replace(found, fixable=False), []).append(words)
    merged = (replace(found, values=_distinct(words)) for found, words in values.items())
    return sorted(merged, key=lambda found: (found.place, found.code))


def _distinct(words: "Iterable[str]") -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
