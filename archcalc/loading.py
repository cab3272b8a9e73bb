"""From a file, standard input or the name of a shipped spec to a checked ``Spec`` with its places."""

from dataclasses import replace
from os.path import exists
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from archcalc.errors import Fault
from archcalc.importing.sources import ModuleSource, names_a_factory
from archcalc.records import dataclass
from archcalc.source import Document, document_of, parse, read
from archcalc.source.foreign import by_document, refused
from archcalc.source.limits import MAX_INTEGER, too_large
from archcalc.source.messages import refusal
from archcalc.spec import (
    Spec,
)
from archcalc.validation.documents import validated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.arriving import GivenInputs
    from archcalc.importing.imported import Imported
    from archcalc.importing.sources import Goals

LAID_ON = {"inputs", "vars", "blocks", "layers", "outputs"}
"""Keys of a spec on which its layers rest: without one of them others would be told that are right."""


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
        return check(_of_file(str(source)))
    number = too_large(dict(source))
    if number is not None:
        what = f"{number} is beyond {MAX_INTEGER} (2**63 - 1) in size"
        raise refusal("<data>", (1, 1), what, "write a smaller number")
    return check(Document.of(dict(source), "<data>"))


def _of_file(source: str) -> Document:
    """The document of a file, of standard input, of a shipped network, or of a file at a revision."""
    if "@" in source:
        from archcalc.revisions import content_at, revision_meant

        if (meant := revision_meant(source)) is not None:
            return document_of(content_at(meant), source)
    from archcalc.spec_files import found_file

    return read(found_file(source))


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
