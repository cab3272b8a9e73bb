"""``archcalc decode``: an auto-regressive decoder, step by step."""

import sys
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.options import (
    FormatOption,
    InputOption,
    SetOption,
    SpecArgument,
    usage,
)
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption

if TYPE_CHECKING:
    from archcalc.analyses.decoding import DecodingReport

MAX_STEPS = 1_000_000
MAX_COUNT = 2**63 - 1
"""Of tokens and sequences, as of every whole number of a spec."""


class CacheType(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """dtypes of the numbers in a cache."""

    float64 = "float64"
    float32 = "float32"
    float16 = "float16"
    bfloat16 = "bfloat16"
    float8 = "float8"
    int8 = "int8"


def decode(
    spec: SpecArgument,
    prompt: Annotated[int, typer.Option("--prompt", min=1, max=MAX_COUNT, help="Tokens of the first step.")],
    new: Annotated[int, typer.Option("--new", min=1, max=MAX_STEPS, help="Tokens to produce.")],
    batch: Annotated[int, typer.Option("--batch", min=1, max=MAX_COUNT, help="Sequences at a time.")] = 1,
    dtype: Annotated[
        CacheType, typer.Option("--dtype", help="Type of the cache's numbers.")
    ] = CacheType.float16,
    tokens: Annotated[
        str | None, typer.Option("--tokens", metavar="INPUT", help="The input that grows, where several may.")
    ] = None,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    form: FormatOption = Format.table,
) -> None:
    """A decoder step by step: MACs with and without a key/value cache, and the cache's bytes.

    Of an encoder-decoder the prompt is what the decoder begins with; the source's length is its --input.
    """
    from archcalc.render.decoding import decoding_json, kept_table, steps_csv, steps_table

    model, report = _report(
        AskedNetwork(spec, settings, inputs, arguments, fresh), prompt, new, batch, tokens
    )
    by_step = {Format.json: partial(decoding_json, report, model), Format.csv: partial(steps_csv, report)}
    if form in by_step:  # a million steps need no room
        sys.stdout.writelines(by_step[form](dtype.value))
        return
    kept = [kept_table(report, dtype.value)] if report.kept else []
    show(form, lambda: [steps_table(report, model, dtype.value), *kept])


def _report(
    asked: AskedNetwork,
    prompt: int,
    new: int,
    batch: int,
    tokens: str | None,
) -> "tuple[str, DecodingReport]":
    from archcalc.analyses import decoding
    from archcalc.tracing import Trace, trace

    variables = asked.values()
    model = asked.model()
    shapes = asked.shapes(model)
    with usage("SPEC"):
        given = trace(model, variables, shapes)
        grows = decoding.token_input(given, tokens)

        def trace_at(length: int) -> Trace:
            tokens = given.inputs[grows]
            longer = replace(tokens, shape=(length, *tokens.shape[1:]))
            if asked.factory:  # whatever a run has made of the length
                return trace(asked.on({**given.inputs, grows: longer}))
            return trace(model, variables, {**shapes, grows: longer})

        return model.name, decoding.decode(trace_at, grows, prompt, new, batch)
