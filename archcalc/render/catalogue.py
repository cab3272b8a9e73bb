"""Tables about the tool itself: layer kinds, their arguments, and the shipped specs."""

from typing import TYPE_CHECKING, cast

from archcalc import zoo as shipped
from archcalc.documentation import field_meanings
from archcalc.layers.registry import KINDS, kind
from archcalc.render.cells import Table, listed
from archcalc.spec import COMMON_KEYS, CONTAINERS, LayerSpec
from archcalc.tracing import library
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel


def kinds_table() -> Table:
    """Every layer kind with its family and one line of mathematics, then the shipped blocks."""
    named = [
        (name, family.replace("_", " "), _first_line(kind(name).__doc__)) for name, family in KINDS.items()
    ]
    blocks = [(name, "block", library.block(name)[0].note or "") for name in sorted(library.block_names())]
    footer = ("`archcalc layers KIND` lists the arguments of a kind, or prints a block",)
    return listed("Layer kinds and blocks", ("Kind", "Family", "What it does"), [*named, *blocks], footer)


def arguments_table(name: str) -> Table:
    """The arguments of a kind: type, default and meaning."""
    cls = kind(name)
    schema = cast("Mapping[str, Mapping[str, object]]", cls.model_json_schema()["properties"])
    signature = _first_line(cls.infer.__doc__)
    return _keys_table(
        name, cls, "Argument", {key: _type(schema[key]) for key in cls.model_fields}, signature
    )


def container_table(name: str) -> Table:
    """The keys of a container: type, default and meaning."""
    model = CONTAINERS[name]
    own = [key for key in model.model_fields if key not in LayerSpec.model_fields]
    return _keys_table(name, model, "Key", {key: CONTAINER_KEYS.get(key, "list of layers") for key in own})


CONTAINER_KEYS = {
    "branches": "list of lists of layers, or name -> list of layers",
    "in_dims": "integer",
    "merge": "layer",
    "numbered": "boolean",
    "inputs": "list of names",
    "states": "name -> {shape or from, next}",
    "outputs": "list of names, or name -> name",
}


def _keys_table(
    name: str, model: "type[BaseModel]", what: str, types: "Mapping[str, str]", *footer: str
) -> Table:
    meanings, fields = field_meanings(model), model.model_fields
    rows = (
        (
            key,
            written,
            "required" if fields[key].is_required() else _default(fields[key].default),
            meanings.get(key, "").replace("\n", " "),
        )
        for key, written in types.items()
    )
    title, headers = f"{name}: {_first_line(model.__doc__)}", (what, "Type", "Default", "Meaning")
    common = f"common keys: {', '.join(key for key in COMMON_KEYS if key != 'type')}"
    return listed(title, headers, rows, (*footer, common))


def _default(value: object) -> str:
    return value.type if isinstance(value, LayerSpec) else "none" if value == () else shown(value)


def zoo_table() -> Table:
    """The shipped specs."""
    rows = [(entry.name, entry.title, entry.shows) for entry in shipped.shipped_specs()]
    footer = ("use a name as SPEC: archcalc summary resnet18",)
    return listed("Shipped specs", ("Name", "Paper", "What it shows"), rows, footer)


def _first_line(text: str | None) -> str:
    return (text or "").split("\n", maxsplit=1)[0].rstrip(".")


def _type(schema: "Mapping[str, object]") -> str:
    """A JSON schema in a word or two."""
    if "anyOf" in schema:
        members = cast("Sequence[Mapping[str, object]]", schema["anyOf"])
        return " or ".join(dict.fromkeys(_type(member) for member in members))
    if "enum" in schema:
        return ", ".join(map(str, cast("Sequence[object]", schema["enum"])))
    if "const" in schema:
        return str(schema["const"])
    written = schema.get("type")
    names = cast("Sequence[str]", written) if isinstance(written, list) else [str(written)]
    return " or ".join("list" if name == "array" else name for name in names)
