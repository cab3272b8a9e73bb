"""Tables about the tool itself: layer kinds, their arguments, and the shipped specs."""

from typing import TYPE_CHECKING, cast

from archcalc import zoo as shipped
from archcalc.documentation import field_meanings
from archcalc.layers.registry import KINDS, kind
from archcalc.render.cells import Row, Table
from archcalc.spec import CONTAINERS, LayerSpec
from archcalc.tracing import library
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.render.cells import Cell


def kinds() -> Table:
    """Every layer kind with its family and one line of mathematics, then the shipped blocks."""
    listed = [
        (name, family.replace("_", " "), _first_line(kind(name).__doc__)) for name, family in KINDS.items()
    ]
    blocks = [(name, "block", library.block(name)[0].note or "") for name in sorted(library.names())]
    footer = ("`archcalc layers KIND` lists the arguments of a kind, or prints a block",)
    return _plain("Layer kinds and blocks", ("Kind", "Family", "What it does"), [*listed, *blocks], footer)


def arguments(name: str) -> Table:
    """The arguments of a kind: type, default and meaning."""
    cls = kind(name)
    meanings = field_meanings(cls)
    schema = cast("Mapping[str, Mapping[str, object]]", cls.model_json_schema()["properties"])
    rows = [
        (
            key,
            _type(schema[key]),
            "required" if field.is_required() else shown(field.default),
            meanings.get(key, "").replace("\n", " "),
        )
        for key, field in cls.model_fields.items()
    ]
    signature = (cls.infer.__doc__ or "").split("\n", maxsplit=1)[0].rstrip(".")
    footer = (signature, "common keys: name, from, repeat, when, frozen, tie, note, ignore")
    return _plain(
        f"{name}: {_first_line(cls.__doc__)}", ("Argument", "Type", "Default", "Meaning"), rows, footer
    )


def container(name: str) -> Table:
    """The keys of a container: type, default and meaning."""
    model = CONTAINERS[name]
    meanings = field_meanings(model)
    own = [key for key in model.model_fields if key not in LayerSpec.model_fields]
    rows = [
        (
            key,
            "list of layers" if key in ("layers", "body", "shortcut") else CONTAINER_KEYS[key],
            "required"
            if model.model_fields[key].is_required()
            else _default(model.model_fields[key].default),
            meanings.get(key, "").replace("\n", " "),
        )
        for key in own
    ]
    footer = ("common keys: name, from, repeat, when, frozen, tie, note, ignore",)
    return _plain(
        f"{name}: {_first_line(model.__doc__)}", ("Key", "Type", "Default", "Meaning"), rows, footer
    )


CONTAINER_KEYS = {
    "branches": "list of lists of layers, or name -> list of layers",
    "merge": "layer",
    "numbered": "boolean",
}


def _default(value: object) -> str:
    return value.type if isinstance(value, LayerSpec) else "none" if value == () else shown(value)


def zoo() -> Table:
    """The shipped specs."""
    rows = [(entry.name, entry.title, entry.shows) for entry in shipped.entries()]
    footer = ("use a name as SPEC: archcalc summary resnet18",)
    return _plain("Shipped specs", ("Name", "Paper", "What it shows"), rows, footer)


def _plain(
    title: str, headers: "Sequence[str]", rows: "Iterable[Sequence[Cell]]", footer: "Sequence[str]" = ()
) -> Table:
    made = (
        Row(str(name), str(name), container=False, cells=tuple(rest), raw=tuple(rest)) for name, *rest in rows
    )
    return Table(title, tuple(headers), (False,) * len(headers), tuple(made), tuple(footer))


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
