"""The commands in the order of ``--help``: what the list says of each, and where it stands.

A command is imported when it is called, or asked for its help; the list needs none of them.
"""

from contextlib import contextmanager
from enum import Enum
from functools import cache, partial
from typing import TYPE_CHECKING, cast

import typer
from typer._click.exceptions import ClickException  # what all of typer's errors are; it has no public name
from typer.core import TyperCommand, TyperGroup

from archcalc.cli.homes import function_at
from archcalc.printable import cleaned, guarded
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    # typer's own click has no public name for these.
    from typer._click import Command, Context, Parameter
    from typer.core import _TyperParameter  # pyright: ignore[reportPrivateUsage]  # it has no public name

    Read = Callable[[Context, object], object]


class Listed(NamedTuple):
    """A command in the list.

    Args:
        home: its module in this room, and the function there.
        help: the first paragraph of what the function says of itself.
    """

    home: str
    help: str


COMMANDS = {
    "shapes": Listed("networks.shapes", "Input and output shape of every layer."),
    "params": Listed("networks.params", "Weights, parameters and share of every layer; totals below."),
    "rf": Listed(
        "fields.rf", "Receptive field of every layer: size, stride and start on the input, per axis."
    ),
    "summary": Listed(
        "summary.summary",
        "Output, parameters, multiply-accumulates and receptive field of every layer, or columns of your"
        " choice.",
    ),
    "macs": Listed(
        "counting.macs",
        "Multiply-accumulates, FLOPs, other operations and bytes of every layer; how other tools count them.",
    ),
    "attention": Listed(
        "networks.attention",
        "Every attention layer: heads, mask, parts, and the positional information that reaches it.",
    ),
    "memory": Listed(
        "memory.memory_",
        "Bytes of weights, activations at their peak, and of training; what is left out stands below.",
    ),
    "decode": Listed(
        "decoding.decode",
        "A decoder step by step: MACs with and without a key/value cache, and the cache's bytes.",
    ),
    "sweep": Listed(
        "sweeping.sweep",
        "All combinations of values of variables and sizes: parameters, MACs and field of each, and more.",
    ),
    "signal": Listed(
        "signalling.signal",
        "What the initialisation does before the first step: signal and gradient along the network.",
    ),
    "check": Listed(
        "check.check",
        "Look for design mistakes: exit 0 when there are none, 1 with findings, 2 for wrong usage.",
    ),
    "diff": Listed(
        "comparing.diff",
        "What differs between two networks: layers added, removed, changed, moved, renamed; numbers in all.",
    ),
    "compare": Listed(
        "comparing.compare",
        "Networks beside one another: a row each, the largest layer, and which of them no other one beats.",
    ),
    "verify": Listed(
        "bridging.verify",
        "Build the torch modules and compare every number with them; exit 1 where one differs.",
    ),
    "import": Listed(
        "importing.import_",
        "Write a torch module as a spec, and say on standard error whether both have the same numbers.",
    ),
    "export": Listed(
        "exporting.export",
        "Write the network as a readable torch module, with the spec's names, or as an ONNX file.",
    ),
    "explain": Listed(
        "explaining.explain",
        "How every number of a layer or network comes about; or the page of a design rule, or a list of all.",
    ),
    "solve": Listed(
        "solving.solve",
        "The values that give wanted figures, or the valid sizes of the inputs; exit 1 where there are none.",
    ),
    "layer": Listed("single.layer", "Every fact of one layer, without a spec."),
    "hdc": Listed("single.hdc", "Check stacked dilated convolutions for holes; exit 1 when there are any."),
    "layers": Listed("catalogue.layers", "List the layer kinds and shipped blocks, or the arguments of one."),
    "zoo": Listed(
        "catalogue.zoo", "List the shipped specs: paper, year, what each shows; or print the text of one."
    ),
    "new": Listed("starting.new", "Print a commented spec to start from, or write it to a file."),
    "schema": Listed("catalogue.schema", "Print the JSON Schema of the spec language, for editors."),
}


def command(name: str) -> "Callable[..., object]":
    """The function of a command, imported."""
    return cast("Callable[..., object]", function_at(f"cli.{COMMANDS[name].home}"))


@cache
def command_with_options(name: str) -> "Command":
    """A command with its options, put together once for all runs of a process."""
    alone = typer.Typer(add_completion=False)
    alone.command(name, cls=OneCommand)(command(name))
    return typer.main.get_command(alone)


def ask_of_what_is_given(parameters: "list[Parameter]") -> "list[Parameter]":
    """Let typer read only what is not read yet: it makes a pydantic validator for every option otherwise.

    While a word is being typed, values stay as they are written; a key press imports no pydantic.
    """
    for parameter in parameters:
        if not isinstance(parameter.process_value, partial):
            parameter.process_value = partial(_value, parameter, parameter.process_value)  # type: ignore[method-assign]  # typer asks for no class of ours
    return parameters


def _value(parameter: "Parameter", read: "Read", ctx: "Context", value: object) -> object:
    if ctx.resilient_parsing:
        return value
    known = read_already(parameter, value)
    if known is None and (value is not None or parameter.required):
        return read(ctx, value)
    return parameter.callback(ctx, parameter, known) if parameter.callback else known


def read_already(parameter: "Parameter", value: object) -> object:
    """A value that needs no reading: texts where they are asked for, a choice by its word, a default."""
    wanted = cast("_TyperParameter", parameter).type_descriptor.annotation
    if wanted == list[str] and isinstance(value, tuple):
        return list(cast("tuple[str, ...]", value))
    if not isinstance(wanted, type):
        return None
    if isinstance(value, str) and issubclass(wanted, Enum):
        return next((choice for choice in wanted if choice.value == value), None)
    return value if isinstance(value, wanted) else None


MAX_SAID = 4_000
"""Characters of what is wrong with a command line or with settings, whatever words it repeats."""


def say(text: str, *, err: bool = True) -> None:
    """Say something beside the tables, in one line or several, without what a terminal or a log would obey.

    Args:
        text: repeats words from outside.
        err: to standard error, where it is not what was asked for.
    """
    typer.echo(guarded(cleaned(text)), err=err)


@contextmanager
def harmless() -> "Generator[None]":
    """What typer says of a command line repeats its words: without what a terminal would obey."""
    try:
        yield
    except ClickException as error:
        error.message = cleaned(error.message[:MAX_SAID])
        raise


class OneCommand(TyperCommand):
    """A command with its options."""

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        """Its arguments and options, ``--help`` too."""
        return ask_of_what_is_given(super().get_params(ctx))


class Commands(TyperGroup):
    """The group of all commands, which holds of each what the list says until it is called."""

    def list_all(self) -> None:
        """Put all of them into the list."""
        for name, listed in COMMANDS.items():
            self.add_command(TyperCommand(name, help=listed.help))

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        """The options before the command, ``--help`` too."""
        return ask_of_what_is_given(super().get_params(ctx))

    def make_context(
        self, info_name: str | None, args: "list[str]", parent: "Context | None" = None, **extra: object
    ) -> "Context":
        """What the words before the command say."""
        with harmless():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: "Context") -> object:
        """Run the command that the words mean."""
        with harmless():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: "Context", args: "list[str]"
    ) -> "tuple[str | None, Command | None, list[str]]":
        """The command that the words mean, with its options, and the words that are left for it."""
        name, found, rest = super().resolve_command(ctx, args)
        if found is not None and name in COMMANDS:
            found = command_with_options(name)
        return name, found, rest
