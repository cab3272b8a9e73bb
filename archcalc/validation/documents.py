"""The data of a document as a model of pydantic, and what is wrong with it in words, each with its place."""

import re
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import BaseModel, ValidationError

from archcalc.collecting import uncollected
from archcalc.errors import Meant, Problem, SpecError
from archcalc.source import Document
from archcalc.spec import (
    CONTAINERS,
    Block,
    Budgets,
    Custom,
    InputSpec,
    LayerSpec,
    Limits,
    ScanState,
    Training,
)
from archcalc.spec.layers import KnownEntries
from archcalc.spec.limits import UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archcalc.source import Path

SIZE = re.compile(r"\d{1,18}")
NO_TYPE = "`type` is missing"
Validated = TypeVar("Validated", bound=BaseModel)


@uncollected()
def validated(model: type[Validated], document: Document) -> Validated:
    """The document's data as a ``model``.

    Raises:
        SpecError: with a place for every key that is missing, unknown or of the wrong type.
    """
    data = document.data
    if not isinstance(data, dict):
        wanted = " and ".join(f"`{name}:`" for name, key in model.model_fields.items() if key.is_required())
        what = f"needs a mapping with {wanted} at the top"
        raise SpecError([Problem(document.place(()), "", what, "`archcalc zoo` lists specs to start from")])
    try:
        return model.model_validate(cast("object", data), context=KnownEntries())
    except ValidationError as error:
        raise SpecError(_problems(error, model, document), document=document) from None


RECORDS: dict[tuple[str | int, int], type[BaseModel]] = {
    ("inputs", 2): InputSpec,
    ("blocks", 2): Block,
    ("task", 1): Custom,
    ("loss", 1): Custom,
    ("training", 1): Training,
    ("budgets", 1): Budgets,
    ("budgets", 3): Limits,
}
"""First key and number of steps of a path -> the record there: inputs.NAME, budgets.scopes.NAME."""


def _problems(error: ValidationError, model: type[BaseModel], document: Document) -> "Iterable[Problem]":
    from archcalc.elsewhere import key_hint

    def keys_at(path: "Path") -> "Iterable[str]":
        return _keys(_model_at(path, document.data, model))

    def hint_at(path: "Path") -> str:
        *above, key = path
        unjudged = UNJUDGED.get(str(key), "") if path[0] == "budgets" else ""
        return unjudged or key_hint(str(key), keys_at(tuple(above)), document.at(path))

    from archcalc.validation.retelling import retell

    findings = retell(error, document.data, keys_at, hint_at)
    problems = [
        Problem(
            document.place(path, key=at_key),
            _subject(path),
            what,
            hint or _type_hint(path, what, document) or _shape_hint(path, document),
            *_meant(path, what, document, keys_at),
        )
        for path, what, hint, at_key in findings
    ]
    # What an alias repeats is wrong once, in the one place where it stands.
    distinct = {(problem.place, problem.what): problem for problem in reversed(problems)}
    from archcalc.source.unbracketed import bracketed

    return sorted(bracketed(distinct.values(), document.text), key=lambda problem: problem.place)


def _meant(
    path: "Path", what: str, document: Document, keys_at: "Callable[[Path], Iterable[str]]"
) -> "tuple[Path, Meant | None]":
    """The entry that a problem is about, and what it means: another key, or layers."""
    if what == NO_TYPE:
        from archcalc.suggesting import type_entries

        entries = type_entries(document.at(path), _kinds(document))
        return path, Meant(entries) if entries else None
    if not what.startswith("unknown key"):
        return path, None
    from archcalc.elsewhere import meant

    *above, key = path
    new = meant(str(key), keys_at(tuple(above)))
    return tuple(above), Meant(key=str(key), new=new) if new else None


def _type_hint(path: "Path", what: str, document: Document) -> str:
    """How a layer says its kind, where it does so in another way."""
    if what != NO_TYPE:
        return ""
    from archcalc.suggesting import type_hint

    return type_hint(document.at(path), _kinds(document))


def _shape_hint(path: "Path", document: Document) -> str:
    """How the shape of an input is written, where it is a text, a number or without a name."""
    if path[:1] != ("inputs",) or len(path) > len(("inputs", "name")):
        return ""
    written = document.at(path)
    text = str(written)
    sizes = [] if isinstance(written, dict | float) else SIZE.findall(text)
    if not sizes or SIZE.sub("", text).strip(" ,x*()[]"):
        return ""
    shape = f"[{', '.join(sizes)}]"
    return f"write {path[1]}: {shape}" if len(path) > 1 else f"write inputs: {{x: {shape}}}"


def _kinds(document: Document) -> tuple[str, ...]:
    """What the type of a layer may be."""
    from archcalc.layers.registry import KINDS
    from archcalc.tracing.library import block_names

    own = document.at(("blocks",))
    blocks = cast("Mapping[str, object]", own) if isinstance(own, dict) else ()
    return (*KINDS, *CONTAINERS, *blocks, *block_names())


def _model_at(path: "Path", data: object, top: type[BaseModel]) -> type[BaseModel]:
    """The record that stands at a path of the spec."""
    if not path:
        return top
    if record := RECORDS.get((path[0], len(path))):
        return record
    for step in path:
        data = cast("Mapping[str | int, object]", data)[step]
    if len(path) > 1 and path[-2] == "states" and path[0] in ("layers", "blocks"):
        return ScanState
    kind = cast("Mapping[str, object]", data).get("type") if isinstance(data, dict) else None
    return CONTAINERS.get(str(kind), LayerSpec)


def _keys(model: type[BaseModel]) -> "Iterable[str]":
    return (key.alias or name for name, key in model.model_fields.items())


def _subject(path: "Path") -> str:
    """The way to a value in words: ``layers[3].body[0]``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).lstrip(".")
