"""Files that commands write."""

from typing import TYPE_CHECKING

import typer

from archcalc.whole_files import put_new

if TYPE_CHECKING:
    from pathlib import Path


def write_new(path: "Path", text: str) -> None:
    """Write a text to a file that is not there yet, all of it or nothing.

    Raises:
        typer.BadParameter: it is there, or cannot be written.
    """
    try:
        put_new(path, text.encode())
    except FileExistsError:
        raise typer.BadParameter(f"{path} is there already", param_hint="--output") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise typer.BadParameter(
            f"{path} cannot be written: {reason.lower()}", param_hint="--output"
        ) from None
