"""A user's own torch module, by the name of its class or of a function that makes it: their code is run."""

import sys
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from importlib import import_module
from inspect import signature
from os import sep
from pathlib import Path
from sysconfig import get_path
from traceback import extract_tb
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from archcalc.bridge.contained import contained
from archcalc.bridge.libraries import imported
from archcalc.errors import Fault, nearest, shortened

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    Factory = Callable[[], nn.Module]

Result = TypeVar("Result")
NOT_THEIRS = (f"{Path(__file__).parent.parent}{sep}", f"{Path(torch.__file__).parent}{sep}", "<frozen ")
STANDARD, INSTALLED = (f"{get_path(which)}{sep}" for which in ("stdlib", "purelib"))
"""Where Python's own modules are, and the packages that are installed, in most cases below these."""
FORM = "write MODULE:NAME of a class or of a function that makes one: torchvision.models:resnet50"
WHERE = "it is looked for in the working directory, and where Python finds packages"


def factory_of(written: str, arguments: Mapping[str, object]) -> "Factory":
    """What makes the module, with its arguments.

    Args:
        written: ``package.module:name``.
        arguments: by name.

    Raises:
        Fault: there is no such thing, or importing it fails.
    """
    module, colon, name = written.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        raise Fault(f"{written!r} names nothing that can be imported", hint=FORM)
    found: object = _running(lambda: _module(module), f"importing {module} fails")
    inside = module
    for part in name.split("."):
        if not hasattr(found, part):
            known = [each for each in dir(found) if not each.startswith("_")]
            raise Fault(f"there is no {part!r} in {inside}", hint=nearest(part, known, FORM))
        found, inside = getattr(found, part), f"{inside}.{part}"
    if isinstance(found, nn.Module):
        there = found.eval()
        if arguments:
            raise Fault(f"{written} is a module already, and takes no arguments", hint=FORM)
        return lambda: there
    if not callable(found):
        raise Fault(f"{written} is {_kind(found)}, and makes no module", hint=FORM)
    make: Callable[..., object] = found
    return lambda: _made(make, written, arguments)


def _module(name: str) -> object:
    """Import a module as ``python -m`` would find it: the working directory comes first."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            fact = f"there is no module {error.name!r}"
            raise Fault(fact, hint=WHERE) from None
        raise


def _made(make: Callable[..., object], written: str, arguments: Mapping[str, object]) -> nn.Module:
    made = _running(lambda: make(**_fitting(make, arguments, written)), f"{written} fails")
    if not isinstance(made, nn.Module):
        raise Fault(f"{written} makes {_kind(made)}, no torch.nn.Module", hint=FORM)
    return made.eval()


def _fitting(
    make: Callable[..., object], arguments: Mapping[str, object], written: str
) -> Mapping[str, object]:
    """The arguments, where they are those that a factory takes.

    Raises:
        Fault: some are missing, or there is none of the name.
    """
    try:
        takes = signature(make).parameters.values()
    except (TypeError, ValueError):  # of what is written in C
        return arguments
    named = [each for each in takes if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    missing = [each.name for each in named if each.default is each.empty and each.name not in arguments]
    if missing:
        given = ", ".join(f"{name}=..." for name in missing)
        fact = f"{written} needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not given"
        raise Fault(fact, hint=f"--args '{given}'")
    known = [each.name for each in named]
    more = [name for name in arguments if name not in known]
    if more and all(each.kind is not each.VAR_KEYWORD for each in takes):
        raise Fault(f"{written} takes no {more[0]!r}", hint=nearest(more[0], known, _taking(known)))
    return arguments


def _taking(names: "list[str]") -> str:
    return f"it takes {', '.join(names)}" if names else "it takes no arguments"


def built(factory: "Factory") -> nn.Module:
    """The module on the meta device, without numbers; on the CPU where it cannot be built there.

    Raises:
        Fault: it cannot be built, or is no module.
    """
    with torch.no_grad():
        try:
            with torch.device("meta"):
                return factory()
        except Fault:
            return factory()


def _running(work: Callable[[], Result], fact: str) -> Result:
    """What the user's code gives.

    Where it imports torchvision without its compiled operators these are declared, and it is run once more.

    Raises:
        Fault: it raises, whatever it is.
    """
    with users_code(lambda: fact):
        try:
            return work()
        except Exception as error:
            if not any("torchvision::" in str(each) for each in _causes(error)):
                raise
            imported("torchvision")
            return work()


def _causes(error: BaseException | None) -> "Iterator[BaseException]":
    """An error, and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def users_code(fact: Callable[[], str]) -> "Generator[None]":
    """What the user's code prints goes beside the report, and what it raises is told behind a fact."""
    interrupts: list[int] = []
    try:
        with contained(interrupts):
            yield
    except Fault:
        raise
    except BaseException as error:  # noqa: BLE001  code of others raises what it likes, SystemExit too
        if interrupts:
            raise KeyboardInterrupt from None
        raise Fault(f"{fact()}: {words_of(error)}", hint=_where(error)) from None


def words_of(error: BaseException) -> str:
    """An error in one line: its class, and the first line of its words."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return shortened(": ".join(part for part in (type(error).__name__, first) if part))


def _where(error: BaseException) -> str:
    """The innermost place in files that are neither archcalc's, torch's nor Python's: there it is mended."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"at {error.filename}:{error.lineno}"
    for frame in reversed(extract_tb(error.__traceback__)):
        if not frame.filename.startswith(NOT_THEIRS) and not _is_of_python(frame.filename):
            return f"at {frame.filename}:{frame.lineno}"
    return ""


def _is_of_python(file: str) -> bool:
    """Whether a file is Python's own, as argparse is, and of no package that was installed beside it."""
    return file.startswith(STANDARD) and not file.startswith(INSTALLED)


def _kind(value: object) -> str:
    name = type(value).__name__
    return "nothing" if value is None else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
