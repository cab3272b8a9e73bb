"""AC603: a sequence that is longer than its table of positions."""

from typing import TYPE_CHECKING

from archcalc.cures.making import setting
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.resizing import Source
    from archcalc.tracing.records import Refused


def restate(context: Context, refused: "Refused") -> Findings:
    """A table of positions with fewer rows than positions arrive."""
    from archcalc.layers.positional import LearnedPositionalEncoding

    table = refused.arguments
    if not isinstance(table, LearnedPositionalEncoding) or len(refused.inputs) != 1:
        return
    shape = refused.inputs[0].tensor.shape
    rows = table.max_len
    if rows is None or len(shape) < 2 or table.offset + shape[-2] <= rows:  # noqa: PLR2004  positions, features
        return
    positions, room = shape[-2], rows - table.offset
    first = f" from row {table.offset:,} on" if table.offset else ""
    yield at(
        refused,
        f"{positions:,} positions arrive{first}, {positions - room:,} more than the {rows:,} rows of its"
        " table hold",
        key="max_len",
        consequence="the last positions have no vector: the network cannot be built",
        hint=f"write max_len: {table.offset + positions}{_shorter(context, refused, positions - room)};"
        " rotary embeddings and ALiBi need no table",
        cures=(
            setting(refused, max_len=table.offset + positions),
            *_shortened(context, refused, positions - room),
        ),
    )


def _shortened(context: Context, refused: "Refused", surplus: int) -> "Iterator[Cure]":
    """The longest inputs that fit."""
    for source, size in _fitting(context, refused, surplus):
        from archcalc.cures.sizing import resized

        yield resized(context, {source: size})


def _fitting(context: Context, refused: "Refused", surplus: int) -> "Iterator[tuple[Source, int]]":
    """The longest input that fits, where every position of it is one here."""
    port = refused.inputs[0]
    axis = len(port.tensor.shape) - 2
    network = context.resizing
    for source in network.sources(port, axis):
        size = network.size(source)
        if surplus < size <= port.tensor.shape[axis]:
            yield source, size - surplus


def _shorter(context: Context, refused: "Refused", surplus: int) -> str:
    source, size = next(_fitting(context, refused, surplus), (None, 0))
    return f", or give {source.input!r} at most {size:,} positions" if source else ""


RULE = Rule(
    code="AC603",
    name="beyond-position-table",
    severity="error",
    what="A `LearnedPositionalEncoding` that more positions reach than its table has rows.",
    why=(
        "A learned position is a row of a table: behind the last row there is none. A class token before the"
        " sequence takes a row as well, and tables that begin with a later row (`offset`, as in RoBERTa) have"
        " room for fewer positions. Rows that are only added afterwards were never trained."
    ),
    instead=(
        "Give the table as many rows as the longest sequence needs (`max_len`), shorten the sequence, or take"
        " positions without a table: `SinusoidalPositionalEncoding`, `RotaryEmbedding`, `ALiBi`."
    ),
    source="Press et al., Train Short, Test Long, 2021 (arXiv 2108.12409)",
    good=(
        """\
inputs: {tokens: {shape: [512], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - {type: LearnedPositionalEncoding, max_len: 514, offset: 2}
""",
        """\
inputs: {tokens: {shape: [4096], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - SinusoidalPositionalEncoding
""",
    ),
    bad=(
        Bad(
            """\
inputs: {tokens: {shape: [2048], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - {type: LearnedPositionalEncoding, max_len: 1024}
  - {type: GPT2Block, num_heads: 4}
""",
            line=4,
            column=48,
            message="2,048 positions arrive, 1,024 more than the 1,024 rows of its table hold",
        ),
        Bad(
            """\
inputs: {image: [3, 224, 224]}
layers:
  - {type: Conv2d, out_channels: 32, kernel_size: 16, stride: 16}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - ClassToken
  - {type: LearnedPositionalEncoding, max_len: 196, note: a row for the class token is missing}
""",
            line=7,
            message="197 positions arrive, 1 more than the 196 rows of its table hold",
        ),
    ),
    restate=restate,
)
