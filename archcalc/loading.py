"""From a file, standard input or the name of a shipped spec to a checked ``Spec`` with its places."""

import re
from dataclasses import replace
from os.path import exists
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import BaseModel, ValidationError

from archcalc.errors import Fault, Meant, Problem, SpecError
from archcalc.importing.sources import ModuleSource, names_a_factory
from archcalc.records import dataclass
from archcalc.revisions import content_at, revision_meant
from archcalc.source import Document, document_of, parse, read
from archcalc.source.foreign import by_document, refused
from archcalc.source.limits import MAX_INTEGER, too_large
from archcalc.source.messages import refusal
from archcalc.source.unbracketed import bracketed
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
from archcalc.spec.limits import UNJUDGED
from archcalc.spec_files import found_file
from archcalc.validation import retell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archcalc.arriving import GivenInputs
    from archcalc.importing.imported import Imported
    from archcalc.importing.sources import Goals
    from archcalc.source import Path

SIZE = re.compile(r"\d{1,18}")
NO_TYPE = "`type` is missing"
LAID_ON = {"inputs", "vars", "blocks", "layers", "outputs"}
"""Keys of a spec on which its layers rest: without one of them others would be told that are right."""
Validated = TypeVar("Validated", bound=BaseModel)


@dataclass(frozen=True, repr=False)
class Model:
    """A spec and the document it was written in; ``imported``: of a torch module, what its import gave."""

    spec: Spec
    document: Document
    imported: "Imported | None" = None

    def __repr__(self) -> str:
        """Its name and file, and what goes in."""
        inputs = ", ".join(f"{name} {list(spec.shape)}" for name, spec in self.spec.inputs.items())
        entries = len(self.spec.layers)
        return f"<Model {self.name} ({self.document.file}): {inputs} -> {entries:,} entries>"

    @property
    def name(self) -> str:
        """The name the spec gives itself, or its file's."""
        return self.spec.name or FilePath(self.document.file).stem


def load(
    source: "str | FilePath | Mapping[str, object]",
    *,
    arguments: "Mapping[str, object] | None" = None,
    inputs: "GivenInputs" = (),
    goals: "Goals | None" = None,
    cache: bool = True,
) -> Model:
    """Read a spec, or a torch module as one.

    Args:
        source: a path, ``-`` for standard input, the name of a shipped spec, a file at a revision of git
            (``net.yaml@main``), the spec as plain data, or ``package.module:factory``: this factory is run,
            and the top level of its module.
        arguments: of the factory.
        inputs: what the module's forward gets, without the batch: shapes in order, or by name.
        goals: what the module is for.
        cache: whether an earlier import of the same is taken, and this one kept.

    Raises:
        SpecError: it cannot be read, or it is not a spec; all that is wrong at once.
        Fault: ``arguments`` or ``inputs`` for what is no factory, or no shape among ``inputs``.
    """
    if isinstance(source, str) and is_factory(source):
        return load_module(module_source(source, arguments or {}, inputs), goals, cache=cache)
    if arguments or inputs:
        raise Fault("arguments and inputs are those of package.module:factory", hint=f"got {str(source)!r}")
    if isinstance(source, str | FilePath):
        if (meant := revision_meant(str(source))) is not None:
            return check(document_of(content_at(meant), str(source)))
        return check(read(found_file(str(source))))
    number = too_large(dict(source))
    if number is not None:
        what = f"{number} is beyond {MAX_INTEGER} (2**63 - 1) in size"
        raise refusal("<data>", (1, 1), what, "write a smaller number")
    return check(Document.of(dict(source), "<data>"))


def is_factory(source: str) -> bool:
    """Whether a SPEC argument means a torch module: it has the form, and there is no such file."""
    return names_a_factory(source) and not exists(source)  # noqa: PTH110  as below


def module_source(
    factory: str, arguments: "Mapping[str, object]", inputs: "GivenInputs", folder: FilePath | None = None
) -> ModuleSource:
    """A torch module with what is given for it.

    Raises:
        Fault: something among ``inputs`` is no shape.
    """
    from archcalc.arriving import given_inputs

    return ModuleSource(factory, arguments, given_inputs(inputs), folder)


def load_module(source: ModuleSource, goals: "Goals | None" = None, *, cache: bool = True) -> Model:
    """A torch module as a spec, whose places are lines of Python.

    Raises:
        SpecError: it cannot be made, or does not run.
    """
    from archcalc.importing.imported import python_document
    from archcalc.importing.opening import imported_spec

    found = imported_spec(source, cache=cache)
    return replace(check(python_document(found, goals)), imported=found)


def loads(text: str, file: str = "<text>") -> Model:
    """Read a spec from YAML text; ``file`` is the name that errors show."""
    return check(parse(text, file))


def check(document: Document) -> Model:
    """Turn a document into a spec, or tell everything that keeps it from being one."""
    other = by_document(document.data, document.text, document.file)
    if other is not None:
        raise refused(other, document.file)
    return Model(validated(Spec, document), document)


def rest_of(document: Document) -> Model | None:
    """The spec without the keys at its top that are wrong, where it can do without them; None: it cannot.

    What is wrong with its layers can then be told together with these.
    """
    data = document.data
    if not isinstance(data, dict):
        return None
    keys = cast("Mapping[str, object]", data)
    try:
        return Model(Spec.model_validate(keys), document)
    except ValidationError as error:
        wrong = {details["loc"][0] for details in error.errors(include_url=False)}
    if wrong & LAID_ON:
        return None
    try:
        return Model(Spec.model_validate({k: v for k, v in keys.items() if k not in wrong}), document)
    except ValidationError:
        return None


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
        return model.model_validate(cast("object", data))
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
    return sorted(bracketed(distinct.values(), document.lines), key=lambda problem: problem.place)


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
