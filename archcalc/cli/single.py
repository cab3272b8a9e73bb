"""Commands that need no spec: one layer, and a dilation check of rates."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.commands import say
from archcalc.cli.completing import kinds_completed
from archcalc.cli.formats import Format, show
from archcalc.cli.networks import document_text
from archcalc.cli.options import FormatOption, parse_shape, parsed_value, screen_width, usage
from archcalc.errors import Fault, Place, SpecError
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.cli.formats import Own
    from archcalc.tracing import Trace

UNREAD = {"x": [1]}
"""A network has an input, though a layer that reads nothing stands alone."""


def layer(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="A layer kind or a shipped block.", autocompletion=kinds_completed
        ),
    ],
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="SHAPE... [KEY=VALUE...]",
            help="The shapes that arrive, without the batch, then arguments: 3,224,224 out_channels=64; "
            "tokens are written 35:int64.",
        ),
    ],
    form: FormatOption = Format.table,
) -> None:
    """Every fact of one layer, without a spec."""
    from archcalc.analyses.summary import summary
    from archcalc.render.one_layer import layer_lines
    from archcalc.render.summary import summary_table

    trace = network_of(kind, words)
    own: Own = {Format.json: lambda: document_text(trace)}
    if len(trace.layers) == 1:
        own = {**own, Format.table: lambda: "".join(f"{line}\n" for line in layer_lines(trace.layers[0]))}
    show(form, lambda: [summary_table(summary(trace))], own)


def is_kind(name: str) -> bool:
    """Whether there is such a layer kind or shipped block."""
    from archcalc.layers.registry import KINDS
    from archcalc.tracing.library import block_names

    return name in KINDS or name in block_names()


def network_of(kind: str, words: list[str]) -> "Trace":
    """A network of the one layer on the shapes that arrive, as the words of a command line have them."""
    from archcalc.loading import load
    from archcalc.tracing import trace

    inputs, entry = layer_entry(kind, words)
    try:
        traced = trace(load({"name": kind, "inputs": inputs or UNREAD, "layers": [entry]}))
    except SpecError as error:
        raise one_layer_error(kind, error) from None
    return traced if inputs else replace(traced, inputs={})


def one_layer_error(kind: str, error: SpecError) -> typer.Exit:
    """Tell what is wrong with a layer that stands alone, and so in no file."""
    for problem in error.problems:
        hint = "\n".join(map(_said_in_words, problem.hint.splitlines()))
        say(str(replace(problem, place=Place(kind), subject="", hint=hint)))
    return typer.Exit(2)


def _said_in_words(hint: str) -> str:
    """A hint for an entry of a spec, for the words of a command line."""
    inputs = re.fullmatch(r"name them: from: \[(.*)\]", hint.strip())
    if inputs:
        return f"write the shape of each: {inputs[1]}"
    return "write its dtype behind its shape: 35:int64" if "dtype: int64" in hint else hint


def layer_entry(kind: str, words: list[str]) -> tuple[dict[str, object], dict[str, object]]:
    """The inputs of a spec and its only entry, as the words of a command line have them."""
    tensors = [_tensor(word) for word in words if "=" not in word]
    if not tensors and not _reads_nothing(kind):
        raise typer.BadParameter("needs the shape that arrives, e.g. 3,224,224", param_hint="SHAPE")
    inputs = {f"x{index}" if len(tensors) > 1 else "x": tensor for index, tensor in enumerate(tensors)}
    entry: dict[str, object] = {"type": kind, **({"from": list(inputs)} if inputs else {})}
    if kind.isidentifier():
        entry["name"] = kind.lower()
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            continue
        if key in ("", *entry):
            fact = f"{word!r}: {key} is given twice" if key else f"needs KEY=VALUE, got {word!r}"
            raise typer.BadParameter(fact, param_hint="KEY=VALUE")
        entry[key] = _value(word, value)
    return inputs, entry


def _reads_nothing(kind: str) -> bool:
    """Whether nothing arrives at a kind, as at a Parameter."""
    from archcalc.layers import registry

    return kind in registry.KINDS and registry.kind(kind).is_source


def _tensor(word: str) -> object:
    """An input of a spec: ``3,224,224``, or with a dtype as ``35:int64``."""
    sizes, colon, dtype = word.partition(":")
    shape = list(parse_shape(sizes, "SHAPE"))
    return {"shape": shape, "dtype": dtype.strip()} if colon else shape


def _value(word: str, text: str) -> object:
    """An argument's value in YAML; ``3,5`` is short for ``[3, 5]``."""
    listed = "," in text and "->" not in text and not text.lstrip().startswith(("[", "=", "'", '"', "{"))
    return parsed_value(word, f"[{text}]" if listed else text, "KEY=VALUE")


def hdc_words(words: "Sequence[str]") -> list[str]:
    """Words of a command line in which the lists of ``hdc`` are spelt as typer reads them.

    ``1,2,5`` is ``1 2 5``, and so is ``--kernel 3,5,3``. Where rates stand before ``--kernel``, all numbers
    behind it are kernels, as a person means them; otherwise only the first one is, and rates follow.
    """
    spelt, rates, kernels = ["hdc"], False, False
    split = [part for word in words[1:] for part in re.sub("^--kernel=", "--kernel ", word).split(" ", 1)]
    for before, word in zip(["", *split], split, strict=False):
        numbers = word.split(",") if re.fullmatch(r"\d+(,\d+)*", word) else []
        if before == "--kernel" or (kernels and numbers):
            spelt += [part for number in numbers or [word] for part in ("--kernel", number)]
            kernels = rates
        elif word != "--kernel":
            spelt += numbers or [word]
            rates, kernels = rates or bool(numbers), False
    return [*spelt, "--kernel"] if split[-1:] == ["--kernel"] else spelt


def hdc(
    rates: Annotated[
        list[int], typer.Argument(min=1, metavar="RATE...", help="Dilation rates, from the input on: 1 2 5.")
    ],
    kernel: Annotated[
        list[int] | None,
        typer.Option(
            "--kernel", min=1, help="Taps of the kernels [default: 3]: one for all, or one per rate: 3 5 3."
        ),
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """Check stacked dilated convolutions for holes; exit 1 when there are any."""
    from archcalc.analyses.coverage import check_span, steps_of_rates
    from archcalc.analyses.dilation import check_rates
    from archcalc.effort import STEPS
    from archcalc.formulas.dilation import stack_span
    from archcalc.render.dilation import LEGEND, check_lines, check_markdown, rates_document, rates_table

    kernels = kernel or [3]
    if len(kernels) not in (1, len(rates)):
        raise typer.BadParameter(f"{len(kernels)} kernels for {len(rates)} rates", param_hint="--kernel")
    kernels = kernels * len(rates) if len(kernels) == 1 else kernels
    with usage("RATE"):
        check_span(stack_span(kernels, rates))
        steps = steps_of_rates(rates, kernels)
        if steps > STEPS:
            fact = (
                f"to count what {len(rates):,} layers read takes {steps:,} steps, at most {STEPS:,} are made"
            )
            raise Fault(fact, hint="give fewer rates: what a few turns of them read shows what all read")
        check = check_rates(rates, kernels)
    own: Own = {
        Format.table: lambda: "".join(f"{line}\n" for line in (*check_lines(check, screen_width()), LEGEND)),
        Format.json: lambda: json_text({"schema_version": 1, **rates_document(check)}),
        Format.markdown: lambda: check_markdown(check),
    }
    show(form, lambda: [rates_table(check)], own)
    if not check.coverage.full:
        raise typer.Exit(1)
