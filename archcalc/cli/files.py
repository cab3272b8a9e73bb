"""Files that commands write."""

from typing import TYPE_CHECKING

import typer

from archcalc.whole_files import put_new

if TYPE_CHECKING:
    from pathlib import Path

MENDING = "make room there, allow it to be written, or name another file"


def write_new(path: "Path", content: str | bytes) -> None:
    """Write a file that is not there yet, all of it or nothing.

    Raises:
        typer.BadParameter: it is there, or cannot be written.
    """
    try:
        put_new(path, content if isinstance(content, bytes) else content.encode())
    except FileExistsError:
        raise typer.BadParameter(f"{path} is there already", param_hint="--output") from None
    except (OSError, ValueError) as error:
        raise typer.BadParameter(_unwritten(path, error), param_hint="--output") from None


def write_over(path: "Path", content: bytes, option: str) -> None:
    """Write into a file, new or old, all of it or nothing.

    Raises:
        typer.BadParameter: it cannot be written.
    """
    from archcalc.overwriting import put_over

    try:
        put_over(path, content)
    except (OSError, ValueError) as error:
        fact = f"{_unwritten(path, error)}; {MENDING}"
        raise typer.BadParameter(fact, param_hint=option) from None


def _unwritten(path: "Path", error: OSError | ValueError) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return f"{path} cannot be written: {reason.lower()}"
