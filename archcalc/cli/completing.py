"""What the shell offers for a word that is being typed: names of specs, kinds, rules, layers and variables.

Whatever goes wrong on the way, nothing is offered: a shell has no place for errors. Only what asks for the
layers or variables of a spec reads one.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from archcalc.errors import Fault, SpecError
from archcalc.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.loading import Model

PACKAGE = Path(__file__).parent.parent
CONTAINER_NAMES = ("Branches", "Residual", "Scan", "Sequential", "Vmap")
"""Of ``archcalc.spec.CONTAINERS``, whose import takes longer than a key press should."""
ENDS = (".yaml", ".yml")
OBEYED = re.compile(r"""[\\`$"';&|<>()!]""")
"""What shells obey: zsh evaluates the words that it is offered, bash puts them on the command line bare."""
MAX_FILES = 1000


def specs_completed(incomplete: str) -> list[str]:
    """Shipped specs, and the folders and YAML files that begin so."""
    from archcalc import zoo

    return [*_begin(zoo.names(), incomplete), *_files(incomplete)]


def zoo_completed(incomplete: str) -> list[str]:
    """Shipped specs."""
    from archcalc import zoo

    return _begin(zoo.names(), incomplete)


def starters_completed(incomplete: str) -> list[str]:
    """Templates of ``archcalc new``."""
    from archcalc import starters

    return _begin(starters.starter_names(), incomplete)


def kinds_completed(incomplete: str) -> list[str]:
    """Layer kinds, containers and shipped blocks."""
    from archcalc.layers.registry import KINDS

    blocks = (path.stem for path in (PACKAGE / "blocks").glob("*.yaml"))
    return _begin((*KINDS, *CONTAINER_NAMES, *blocks), incomplete)


def rule_completed(incomplete: str) -> list[str]:
    """Codes and names of rules."""
    from archcalc.rules.registry import NAMES

    return _begin((*NAMES, *NAMES.values()), incomplete)


def explained_completed(ctx: typer.Context, incomplete: str) -> list[str]:
    """What ``explain`` begins with: rules, specs and kinds; behind a spec its layers and containers."""
    if ctx.params.get("words"):
        return layers_completed(ctx, incomplete)
    return [*rule_completed(incomplete), *specs_completed(incomplete), *kinds_completed(incomplete)]


def rules_completed(incomplete: str) -> list[str]:
    """The same behind the last comma."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{word}" for word in rule_completed(last)] if _is_harmless(before) else []


def layers_completed(ctx: typer.Context, incomplete: str) -> list[str]:
    """Layers and containers of the spec on the command line, with its other values."""
    from archcalc.cli.sources import AskedNetwork, traced

    trace = None
    with suppress(Fault, OSError, RecursionError, typer.BadParameter):
        try:
            trace = traced(AskedNetwork(_spec(ctx), ctx.params.get("settings"), ctx.params.get("inputs")))
        except SpecError as error:
            trace = error.traced or error.partial
    return _begin((*trace.scopes, *trace.by_name), incomplete) if trace else []


def variables_completed(ctx: typer.Context, incomplete: str) -> list[str]:
    """``NAME=`` of the variables of the spec on the command line."""
    model = _model(ctx)
    return _begin((f"{name}=" for name in model.spec.vars), incomplete) if model else []


def inputs_completed(ctx: typer.Context, incomplete: str) -> list[str]:
    """``NAME=`` of the inputs of the spec on the command line."""
    model = _model(ctx)
    return _begin((f"{name}=" for name in model.spec.inputs), incomplete) if model else []


def _model(ctx: typer.Context) -> "Model | None":
    from archcalc.loading import load

    with suppress(Fault, SpecError, OSError, RecursionError):
        return load(_spec(ctx))
    return None


def _spec(ctx: typer.Context) -> str:
    """The spec of the command line, or the first file of several.

    Raises:
        Fault: there is none yet, or it is standard input, for which no shell can wait, or a torch module:
            no key press runs anybody's code.
    """
    from archcalc.loading import is_factory

    # Arguments stay where they are while the option behind them has no value yet.
    given = [ctx.params.get("spec"), *(ctx.params.get("paths") or ctx.params.get("words") or ()), *ctx.args]
    for word in given:
        if isinstance(word, str) and word != "-" and not os.path.isdir(word):  # noqa: PTH112  no error for odd names
            if is_factory(word):
                break
            return word
    raise Fault("no spec")


def _begin(words: "Iterable[str]", incomplete: str) -> list[str]:
    """Words that begin so, each once and in order."""
    return sorted({word for word in words if word.startswith(incomplete)})


def _is_harmless(word: str) -> bool:
    """Whether a shell and a terminal take a word for what it is."""
    return one_line(word) == word and not OBEYED.search(word)


def _files(incomplete: str) -> list[str]:
    head, tail = os.path.split(incomplete)
    found: list[str] = []
    with suppress(OSError, ValueError), os.scandir(head or ".") as entries:
        for entry in entries:
            shown = os.path.join(head, entry.name)  # noqa: PTH118  as it is typed
            hidden = entry.name.startswith(".") and not tail
            if hidden or not entry.name.startswith(tail) or not _is_harmless(shown.replace(os.sep, "/")):
                continue
            if entry.is_dir():
                found.append(f"{shown}{os.sep}")
            elif entry.name.lower().endswith(ENDS):
                found.append(shown)
            if len(found) == MAX_FILES:
                break
    return sorted(found)
