"""Files that commands write."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path


def write_new(path: "Path", text: str) -> None:
    """Write a text to a file that is not there yet.

    Raises:
        typer.BadParameter: it is there, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:  # in one step: nobody can be between
            file.write(text)
    except FileExistsError:
        raise typer.BadParameter(f"{path} is there already", param_hint="--output") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise typer.BadParameter(
            f"{path} cannot be written: {reason.lower()}", param_hint="--output"
        ) from None
