"""The JSON Schema of the spec language, from the same models that read a spec."""

from typing import TYPE_CHECKING, cast

from archcalc.documentation import field_meanings
from archcalc.layers.registry import KINDS, kind
from archcalc.spec import CONTAINERS, Block, Budgets, InputSpec, LayerSpec, Limits, Spec, Training

if TYPE_CHECKING:
    from pydantic import BaseModel

Json = dict[str, object]
EXPRESSION: Json = {"$ref": "#/$defs/Expression"}


def schema() -> Json:
    """A schema (draft 2020-12) in which every value of a layer may also be an expression."""
    top = Spec.model_json_schema()
    written = cast("dict[str, Json]", top.pop("$defs"))
    records = {model.__name__: model for model in (Block, Limits, Budgets, Training)}
    definitions: Json = {
        **{name: {**written[name], "properties": _properties(model)} for name, model in records.items()},
        "Expression": {
            "type": "string",
            "pattern": r"^\s*=",
            "description": "An expression, e.g. =width * 2",
        },
        "Input": {"anyOf": [_properties(InputSpec)["shape"], InputSpec.model_json_schema()]},
        "Layer": _any_layer(),
        **{name: _container(name, model) for name, model in CONTAINERS.items()},
        **{name: _kind(name) for name in KINDS},
        "Use": _use(),
    }
    whole: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **top,
        "title": "archcalc spec",
        "properties": _properties(Spec),
        "$defs": definitions,
    }
    return cast("Json", _linked(whole))


def _linked(value: object) -> object:
    """The models' ``{"definition": NAME}`` as references, now that all definitions are in one place."""
    if isinstance(value, dict):
        mapping = cast("Json", value)
        if mapping.keys() == {"definition"}:
            return {"$ref": f"#/$defs/{mapping['definition']}"}
        return {key: _linked(item) for key, item in mapping.items()}
    if isinstance(value, list):
        return [_linked(item) for item in cast("list[object]", value)]
    return value


def _any_layer() -> Json:
    """A word, or a mapping that is told by its ``type``."""
    named = [*CONTAINERS, *KINDS]
    by_type: list[Json] = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/{name}"},
        }
        for name in named
    ]
    other: Json = {
        "if": {"properties": {"type": {"not": {"enum": named}}}},
        "then": {"$ref": "#/$defs/Use"},
    }
    words: Json = {"anyOf": [{"enum": [name for name in KINDS if not _required(name)]}, {"type": "string"}]}
    mapping: Json = {"type": "object", "required": ["type"], "allOf": [*by_type, other]}
    return {"if": {"type": "string"}, "then": words, "else": mapping}


def _required(name: str) -> list[str]:
    return [key for key, field in kind(name).model_fields.items() if field.is_required()]


def _properties(model: "type[BaseModel]") -> dict[str, Json]:
    written = cast("dict[str, Json]", model.model_json_schema().get("properties", {}))
    names = {field.alias or name: name for name, field in model.model_fields.items()}
    meanings = field_meanings(model)
    return {
        key: {**value, "description": meanings[names[key]]} if names.get(key) in meanings else value
        for key, value in written.items()
    }


def _kind(name: str) -> Json:
    """A layer of one kind: the common keys, and the kind's arguments."""
    arguments = {key: _or_expression(value) for key, value in _properties(kind(name)).items()}
    return {
        "type": "object",
        "description": (kind(name).__doc__ or "").split("\n", maxsplit=1)[0],
        "properties": {**_properties(LayerSpec), "type": {"const": name}, **arguments},
        "required": ["type", *_required(name)],
        "additionalProperties": False,
    }


def _or_expression(value: Json) -> Json:
    """The value, an expression, or a list with expressions in it."""
    words: Json = {key: value[key] for key in ("title", "description", "default") if key in value}
    plain = {key: item for key, item in value.items() if key not in words}
    return {**words, "anyOf": [plain, EXPRESSION, {"type": "array", "contains": EXPRESSION}]}


def _container(name: str, model: "type[BaseModel]") -> Json:
    written = model.model_json_schema()
    properties = {**_properties(model), "type": {"const": name}}
    return {**{key: value for key, value in written.items() if key != "$defs"}, "properties": properties}


def _use() -> Json:
    """A block, or a type that an expression gives: any arguments beside the common keys."""
    return {"type": "object", "properties": _properties(LayerSpec), "required": ["type"]}
