"""The JSON Schema of the spec language, from the same models that read a spec."""

import re
from itertools import chain
from typing import TYPE_CHECKING, cast

from archcalc.documentation import field_meanings
from archcalc.layers.registry import KINDS, kind
from archcalc.spec import (
    CONTAINERS,
    Block,
    Budgets,
    Custom,
    InputSpec,
    LayerSpec,
    Limits,
    ScanState,
    Spec,
    Training,
)
from archcalc.spec.goals import LOSSES, TASKS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

Schema = dict[str, object]
MODULE = r"(?:[^()]*\.)?"
BEHIND = r"(?:[-_ ]*[lL][oO][sS][sS])?\s*(?:\((?!.*from_logits).*)?"
"""What may stand before and behind the name of a loss: ``torch.nn.`` and ``(label_smoothing=0.1)``."""
EXPRESSION: Schema = {"$ref": "#/$defs/Expression"}


def schema() -> Schema:
    """A schema (draft 2020-12) in which every value of a layer may also be an expression."""
    top = Spec.model_json_schema()
    top.pop("$defs", None)  # all of them stand in one place
    records = {model.__name__: model for model in (Block, Limits, Budgets, Training)}
    definitions: Schema = {
        **{name: _record(model) for name, model in records.items()},
        "Expression": {
            "type": "string",
            "pattern": r"^\s*=",
            "description": "An expression, e.g. =width * 2",
        },
        "Input": {"anyOf": [_properties(InputSpec)["shape"], InputSpec.model_json_schema()]},
        "Custom": Custom.model_json_schema(),
        "Loss": _named(LOSSES, MODULE + _spelt(chain(*LOSSES.values())) + BEHIND),
        "Task": _named(TASKS, _spelt(TASKS)),
        "Layer": _any_layer(),
        "ScanState": {**ScanState.model_json_schema(), "properties": _properties(ScanState)},
        **{name: _container(name, model) for name, model in CONTAINERS.items()},
        **{name: _kind(name) for name in KINDS},
        "Use": _use(),
    }
    whole: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **top,
        "title": "archcalc spec",
        "properties": _properties(Spec),
        "$defs": definitions,
    }
    return cast("Schema", _linked(whole))


def _record(model: "type[BaseModel]") -> Schema:
    """The schema of a record, whose definitions stand beside it."""
    return {
        **{key: value for key, value in model.model_json_schema().items() if key != "$defs"},
        "properties": _properties(model),
    }


def _named(names: "Iterable[str]", pattern: str) -> Schema:
    """One of the names in any spelling, or a mapping with a name of one's own."""
    text: Schema = {"type": "string", "pattern": rf"^\s*(?:{pattern}|custom\s*:\s*\S[\s\S]*)\s*$"}
    return {"anyOf": [{"enum": [*names]}, text, {"$ref": "#/$defs/Custom"}, {"type": "null"}]}


def _spelt(words: "Iterable[str]") -> str:
    """A pattern of words with any capitals, and spaces, hyphens, ``_`` or nothing between their parts."""
    both = (word.replace("modeling", "modell?ing") for word in sorted(words))
    return f"(?:{'|'.join('[-_ ]*'.join(map(_any_capitals, re.split('[ _]', word))) for word in both)})"


def _any_capitals(part: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in part)


def _linked(value: object) -> object:
    """The models' ``{"definition": NAME}`` as references, now that all definitions are in one place."""
    if isinstance(value, dict):
        mapping = cast("Schema", value)
        linked = {key: _linked(item) for key, item in mapping.items()}
        if isinstance(name := linked.get("definition"), str):
            del linked["definition"]
            linked["$ref"] = f"#/$defs/{name}"
        return linked
    if isinstance(value, list):
        return [_linked(item) for item in cast("list[object]", value)]
    return value


def _any_layer() -> Schema:
    """A word, or a mapping that is told by its ``type``."""
    named = [*CONTAINERS, *KINDS]
    by_type: list[Schema] = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/{name}"},
        }
        for name in named
    ]
    other: Schema = {
        "if": {"properties": {"type": {"not": {"enum": named}}}},
        "then": {"$ref": "#/$defs/Use"},
    }
    words: Schema = {"anyOf": [{"enum": [name for name in KINDS if not _required(name)]}, {"type": "string"}]}
    mapping: Schema = {"type": "object", "required": ["type"], "allOf": [*by_type, other]}
    return {"if": {"type": "string"}, "then": words, "else": mapping}


def _required(name: str) -> list[str]:
    return [key for key, field in kind(name).model_fields.items() if field.is_required()]


def _properties(model: "type[BaseModel]") -> dict[str, Schema]:
    written = cast("dict[str, Schema]", model.model_json_schema().get("properties", {}))
    names = {field.alias or name: name for name, field in model.model_fields.items()}
    meanings = field_meanings(model)
    return {
        key: {**value, "description": meanings[names[key]]} if names.get(key) in meanings else value
        for key, value in written.items()
    }


def _kind(name: str) -> Schema:
    """A layer of one kind: the common keys, and the kind's arguments."""
    arguments = {key: _or_expression(value) for key, value in _properties(kind(name)).items()}
    return {
        "type": "object",
        "description": (kind(name).__doc__ or "").split("\n", maxsplit=1)[0],
        "properties": {**_properties(LayerSpec), "type": {"const": name}, **arguments},
        "required": ["type", *_required(name)],
        "additionalProperties": False,
    }


def _or_expression(value: Schema) -> Schema:
    """The value, an expression, or a list with expressions in it."""
    words: Schema = {key: value[key] for key in ("title", "description", "default") if key in value}
    plain = {key: item for key, item in value.items() if key not in words}
    return {**words, "anyOf": [plain, EXPRESSION, {"type": "array", "contains": EXPRESSION}]}


def _container(name: str, model: "type[BaseModel]") -> Schema:
    written = model.model_json_schema()
    properties = {**_properties(model), "type": {"const": name}}
    return {**{key: value for key, value in written.items() if key != "$defs"}, "properties": properties}


def _use() -> Schema:
    """A block, or a type that an expression gives: any arguments beside the common keys."""
    return {"type": "object", "properties": _properties(LayerSpec), "required": ["type"]}
