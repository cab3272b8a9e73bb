"""What stands where a spec does: ``package.module:factory``, with its arguments and what arrives."""

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from archcalc.errors import Place
from archcalc.facts import Tensor
from archcalc.records import dataclass

FILES = frozenset({"yaml", "yml", "json", "onnx", "cfg", "pt", "pth", "toml", "txt", "py"})
"""What stands behind the last dot of a file's name, as on a drive of Windows: ``C:model.yaml``."""


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """A torch module by the name of what makes it.

    Args:
        factory: ``package.module:name`` of a class, of a function that makes a module, or of a module.
        arguments: of the factory, by name.
        inputs: what arrives: name of an argument of ``forward``, or an empty text for the next one in order,
            and the tensor without the batch.
        folder: where the module is looked for first; None: the working directory.
    """

    factory: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    inputs: tuple[tuple[str, Tensor], ...] = ()
    folder: Path | None = None

    @property
    def module(self) -> str:
        """The dotted name of the module to import."""
        return self.factory.partition(":")[0]

    @property
    def root(self) -> Path:
        """Where the module is looked for first."""
        return Path.cwd() if self.folder is None else self.folder


@dataclass(frozen=True, slots=True)
class Goals:
    """What a network is for, which no module says: keys of a spec beside those that are read from it.

    Args:
        values: ``task``, ``loss``, ``training`` ... with their values.
        place: where that is written; None: in options of the command line that are called so.
    """

    values: Mapping[str, object] = field(default_factory=dict[str, object])
    place: Place | None = None


def shown_file(file: str) -> str:
    """A file as it is shown: from the working directory on, where it is below it."""
    here = f"{Path.cwd()}{os.sep}"
    return file.removeprefix(here) if file.startswith(here) else file


def names_a_factory(text: str) -> bool:
    """Whether a text has the form ``package.module:factory``; a path that exists is asked for before."""
    module, colon, name = text.partition(":")
    parts = (*module.split("."), *name.split("."))
    ending = parts[-1].lower() in FILES or module.endswith(".py")
    return bool(colon) and all(map(str.isidentifier, parts)) and not ending


def meant_factory(text: str) -> str:
    """The form that is meant by the path of a Python file with a name behind it; empty: none is.

    ``my/net.py:build`` means ``my.net:build``; of a file that is not below the working directory it is told
    from where it is found.
    """
    path, colon, name = text.partition(":")
    if not (colon and path.endswith(".py")):
        return ""
    within = [part for part in Path(path).with_suffix("").parts if part != "."]
    meant = f"{'.'.join(within)}:{name}"
    if names_a_factory(meant):
        return meant
    meant = f"{within[-1]}:{name}"
    from shlex import quote

    folder = quote(str(Path(path).parent))
    where = f"where Python finds it: in the working directory, or with PYTHONPATH={folder}"
    return f"{meant}, {where}" if names_a_factory(meant) else ""
