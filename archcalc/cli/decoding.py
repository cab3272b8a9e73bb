"""``archcalc decode``: an auto-regressive decoder, step by step."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.lengths import Lengths
from archcalc.cli.memory_options import CacheType, PageOption
from archcalc.cli.options import (
    FormatOption,
    InputOption,
    SetOption,
    SpecArgument,
    usage,
)
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.analyses.decoding import DecodingReport

MAX_STEPS = 1_000_000
MAX_COUNT = 2**63 - 1
"""Of tokens and sequences, as of every whole number of a spec."""


def decode(
    spec: SpecArgument,
    prompt: Annotated[int, typer.Option("--prompt", min=1, max=MAX_COUNT, help="Tokens of the first step.")],
    new: Annotated[int, typer.Option("--new", min=1, max=MAX_STEPS, help="Tokens to produce.")],
    batch: Annotated[int, typer.Option("--batch", min=1, max=MAX_COUNT, help="Sequences at a time.")] = 1,
    dtype: Annotated[
        CacheType, typer.Option("--dtype", "--cache-dtype", help="Type of the cache's numbers.")
    ] = CacheType.float16,
    page: PageOption = None,
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
        AskedNetwork(spec, settings, inputs, arguments, fresh), _Steps(prompt, new, batch, page or 1), tokens
    )
    by_step = {Format.json: partial(decoding_json, report, model), Format.csv: partial(steps_csv, report)}
    if form in by_step:  # a million steps need no room
        sys.stdout.writelines(by_step[form](dtype.dtype))
        return
    kept = [kept_table(report, dtype.dtype)] if report.kept else []
    show(form, lambda: [steps_table(report, model, dtype.dtype), *kept])


class _Steps(NamedTuple):
    """Steps of a decoder, and how its cache is kept."""

    prompt: int
    new: int
    batch: int
    page: int


def _report(asked: AskedNetwork, steps: _Steps, tokens: str | None) -> "tuple[str, DecodingReport]":
    from archcalc.analyses import decoding

    with usage("SPEC"):
        lengths = Lengths(asked)
        grows = decoding.token_input(lengths.given, tokens)
        return lengths.model.name, decoding.decode(
            lambda length: lengths.of_input(grows, length), grows, *steps
        )
