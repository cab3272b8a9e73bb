"""What stands for SPEC on the command line, with all that is said of it: to a spec, and to its trace."""

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.commands import say
from archcalc.cli.options import parsed_inputs, parsed_settings, parsed_value
from archcalc.errors import MAX_PROBLEMS, SpecError
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.expressions import Value
    from archcalc.facts import Arriving, Tensor
    from archcalc.loading import Model
    from archcalc.tracing import Trace

ArgsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--args",
        metavar="NAME=VALUE",
        help="An argument of the factory of a torch module, in YAML: 'num_classes=10'; may be repeated, or"
        " several with commas.",
    ),
]
FreshOption = Annotated[
    bool,
    typer.Option("--no-cache", help="Run the factory of a torch module again, and keep nothing of it."),
]


@dataclass(frozen=True, slots=True)
class AskedNetwork:
    """A network as the command line asks for it.

    Args:
        spec: a file, ``-``, a shipped name, or ``package.module:factory``.
        settings: of ``--set``.
        inputs: of ``--input``.
        arguments: of ``--args``.
        fresh: whether no earlier import is taken.
        freeze: of ``--freeze``.
        beside: what a torch module is run on where ``inputs`` says nothing, in order.
    """

    spec: str
    settings: "Sequence[str] | None" = None
    inputs: "Sequence[str] | None" = None
    arguments: "Sequence[str] | None" = None
    fresh: bool = False
    freeze: "Sequence[str] | None" = None
    beside: "Sequence[Tensor]" = ()

    @property
    def factory(self) -> bool:
        """Whether a torch module is meant."""
        from archcalc.loading import is_factory

        return is_factory(self.spec)

    def model(self) -> "Model":
        """The spec; what has to be known of one that was imported is told on standard error."""
        from archcalc.loading import load

        if not self.factory:
            if self.arguments:
                fact = f"needs package.module:factory as SPEC, got {self.spec!r}"
                raise typer.BadParameter(fact, param_hint="--args")
            return load(self.spec)
        given = parsed_arguments(self.arguments or ())
        inputs = given_tensors(self.inputs or ()) or [("", tensor) for tensor in self.beside]
        model = load(self.spec, arguments=given, inputs=inputs, cache=not self.fresh)
        if model.imported is not None:
            from archcalc.render.importing import cautions

            for line in cautions(model.imported.comparison):
                say(f"warning: {self.spec}: {line}")
        return model

    def on(self, inputs: "Mapping[str, Tensor]") -> "Model":
        """The torch module, run on these."""
        from archcalc.loading import load

        given = parsed_arguments(self.arguments or ())
        return load(self.spec, arguments=given, inputs=inputs, cache=not self.fresh)

    def values(self) -> "dict[str, Value]":
        """The values of variables."""
        if self.settings and self.factory:
            raise typer.BadParameter(
                "a torch module has no variables: --args gives its factory arguments", param_hint="--set"
            )
        return parsed_settings(self.settings or ())

    def shapes(self, model: "Model") -> "dict[str, Arriving]":
        """What arrives in the place of what the spec says; a module has been run on what is given."""
        return {} if self.factory else parsed_inputs(self.inputs or (), list(model.spec.inputs))


def traced(asked: AskedNetwork) -> "Trace":
    """Load and trace a spec with the overrides of the command line."""
    from archcalc.tracing import trace

    values = asked.values() if asked.factory else {}
    try:
        model = asked.model()
    except SpecError as error:
        raise _with_layers(error) from None
    values, shapes = values or asked.values(), asked.shapes(model)
    try:
        return trace(model, values, shapes)
    except SpecError as error:
        raise _with_help(error, model, values, shapes) from None


def parsed_arguments(written: "Sequence[str]") -> "dict[str, object]":
    """The values of ``--args`` by name; behind a comma another one may begin: ``depth=2,width=[8,16]``."""
    found: dict[str, object] = {}
    for text in written:
        for word in _words(text):
            name, equals, value = word.partition("=")
            if not equals or not name.strip().isidentifier():
                raise typer.BadParameter(f"needs NAME=VALUE, got {word!r}", param_hint="--args")
            found[name.strip()] = parsed_value(word, value, "--args")
    return found


def _words(text: str) -> "list[str]":
    """A text at the commas behind which ``name=`` begins; those in a value's brackets or quotes are not."""
    words: list[str] = []
    for part in text.split(","):
        name, equals, _ = part.partition("=")
        whole = bool(equals) and name.strip().isidentifier() and not _is_open(words[-1] if words else "")
        if whole or not words:
            words.append(part)
        else:
            words[-1] = f"{words[-1]},{part}"
    return words


def _is_open(text: str) -> bool:
    """Whether a bracket or a quote is open at the end of a text."""
    depth, quote = 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char in "[{(") - (char in ")}]")
    return depth > 0 or bool(quote)


def given_tensors(written: "Sequence[str]") -> "list[tuple[str, Arriving]]":
    """What ``--input`` gives, in its order; without a name it is for the next argument of ``forward``."""
    return [next(iter(parsed_inputs([text], [""]).items())) for text in written]


def _with_layers(error: SpecError) -> SpecError:
    """The error of a spec that is none, with what is wrong with its layers too."""
    from archcalc.loading import rest_of
    from archcalc.tracing import trace

    rest = rest_of(error.document) if error.document else None
    try:
        if rest is not None:
            trace(rest)
    except SpecError as further:
        told = _with_help(further, rest, {}, {}) if rest else further
        problems = (*error.problems, *told.problems)
        return SpecError(sorted(problems, key=lambda problem: problem.place), document=error.document)
    return error


def _with_help(
    error: SpecError, model: "Model", values: "Mapping[str, Value]", shapes: "Mapping[str, Arriving]"
) -> SpecError:
    """The error of a trace with the cures that mend it."""
    if not error.refused or model.imported is not None:
        return error
    from archcalc.cures.telling import with_cures
    from archcalc.cures.trying import Trials
    from archcalc.rules.engine.overriding import OtherValues, model_with
    from archcalc.rules.selection import Selection

    given = OtherValues(values, shapes)
    trials = Trials(model.document, Selection().active(), lambda changed: model_with(changed, given))
    return with_cures(error, trials.given(model), trials)


def warn_of(trace: "Trace") -> None:
    """Say what nothing reads; of a repeat there may be a million such layers: the first ones are enough."""
    for number, finding in enumerate(trace.findings):
        if number == MAX_PROBLEMS:
            say("warning: there are more of these: `archcalc check` tells each entry once")
            break
        say(f"warning: {finding}")
