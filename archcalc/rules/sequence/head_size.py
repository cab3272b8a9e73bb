"""AC604: heads of attention whose size is no multiple of 8."""

from typing import TYPE_CHECKING

from archcalc.cures.making import setting, stating
from archcalc.formulas.rounding import rounded_up
from archcalc.rules.entries import accepts
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.axes import counted

if TYPE_CHECKING:
    from archcalc.attended import Attention

UNIT = 8
"""Numbers of 16 bits that tensor cores take at a time."""
SIZES = ("head_dim", "d_kv")
"""Keys of shipped blocks that set the size of a head."""
HEADS = ("num_heads", "nhead", "heads")
"""Keys of kinds and shipped blocks that say how many heads there are."""
TRIED = 1_024
"""Numbers of heads that are tried on each side."""


def check(context: Context) -> Findings:
    """Attention whose queries, keys or values are not in heads of 8, 16, 24 ... features."""
    for layer in context.layers:
        attention = layer.facts.attention
        if attention is None:
            continue
        of = "head_dim" if attention.head_dim % UNIT else "value_dim" if attention.value_dim % UNIT else ""
        if not of:
            continue
        size = attention.head_dim if of == "head_dim" else attention.value_dim
        unit = "feature" if of == "head_dim" else "value"
        given = layer.origin.written("head_dim") is not None
        whole = "odd" if size % 2 else f"{size} = {size // UNIT} x {UNIT} + {size % UNIT}"
        yield at(
            layer,
            f"{counted(attention.heads, 'head')} of {counted(size, unit)}: {whole}, no multiple of {UNIT}",
            key="head_dim" if given else "num_heads",
            consequence=f"16-bit matrix units want multiples of {UNIT}: every head is padded, or runs slower",
            hint=_hint(attention, _size_key(layer, given=given)),
            cures=_cures(context, layer, attention, _size_key(layer, given=given)),
        )


def _size_key(layer: TracedLayer, *, given: bool) -> str | None:
    """The key that sets the size of a head, where the entry in the spec has one; None: the width does."""
    if given:
        return "head_dim"
    shipped = layer.origin.in_spec.document is not layer.origin.document
    return next((key for key in SIZES if accepts(layer.origin, key)), None) if shipped else None


def _cures(context: Context, layer: TracedLayer, attention: "Attention", key: str | None) -> tuple[Cure, ...]:
    if key is not None:
        return (setting(layer, "", **{key: rounded_up(attention.head_dim, UNIT)}),)
    features, heads = attention.heads * attention.head_dim, attention.heads
    written = [(each, layer.origin.in_spec.written(each)) for each in HEADS]
    return tuple(
        cure
        for count in _fitting(features, heads)
        for name, value in written
        if (cure := _with_heads(context, layer, (name, value), heads, count))
    )


def _with_heads(
    context: Context, layer: TracedLayer, written: tuple[str, object], heads: int, count: int
) -> Cure | None:
    """Another number of heads, where the argument, or the variable that it is, says the one there is."""
    (key, value), size = written, layer.facts.attention.head_dim if layer.facts.attention else 0
    why = f"each of {counted(heads * size // count, 'feature')}"
    if value == heads:
        return setting(layer, why, **{key: count})
    name = value.removeprefix("=").strip() if isinstance(value, str) else ""
    return stating(("vars", name), count, why) if context.spec.vars.get(name) == heads else None


def _fitting(features: int, heads: int) -> "list[int]":
    """The nearest numbers of heads below and above whose size is a multiple of 8."""
    around = (range(heads - 1, max(0, heads - TRIED), -1), range(heads + 1, heads + TRIED))
    fitting = (next((each for each in side if features % (each * UNIT) == 0), None) for side in around)
    return [each for each in fitting if each is not None]


def _hint(attention: "Attention", key: str | None) -> str:
    """The nearest numbers of heads, or the next size of a head, that fit."""
    features, heads = attention.heads * attention.head_dim, attention.heads
    size = rounded_up(attention.head_dim, UNIT)
    if key is not None:
        return f"write {key}: {size}"
    offers = [f"{counted(each, 'head')} of {features // each}" for each in _fitting(features, heads)]
    if not offers or attention.kv_heads != heads or attention.head_dim != attention.value_dim:
        return f"{counted(heads, 'head')} of {size} features: {heads * size:,} in all"
    return f"{features:,} features make {' or '.join(offers)}"


RULE = Rule(
    code="AC604",
    name="head-size",
    severity="warning",
    what="Attention whose heads have a number of features that is odd or no multiple of 8.",
    why=(
        "Tensor cores do best with sizes that are multiples of 16 bytes, which are 8 numbers of 16 bits;"
        " before version 11 cuBLAS used them for no others. Fused kernels of attention that"
        " want such sizes pad the others or leave them to slower ones, in every layer and every step. An odd"
        " size cannot be turned by rotary embeddings either, which take features in pairs."
    ),
    instead="Choose a number of heads that leaves 32, 64 or 128 features to each (a multiple of 8 at least).",
    source="NVIDIA, Deep Learning Performance: Matrix Multiplication Background, Tensor Core Requirements",
    good=(
        """\
inputs: {tokens: [64, 96]}
layers:
  - SinusoidalPositionalEncoding
  - {type: MultiheadAttention, num_heads: 12}
""",
        """\
inputs: {tokens: [64, 100]}
layers:
  - SinusoidalPositionalEncoding
  - {type: MultiheadAttention, num_heads: 4, head_dim: 32}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {tokens: [64, 768]}
layers:
  - SinusoidalPositionalEncoding
  - {type: MultiheadAttention, num_heads: 64}
""",
            line=4,
            column=43,
            message="64 heads of 12 features: 12 = 1 x 8 + 4, no multiple of 8",
        ),
        Bad(
            """\
inputs: {tokens: [64, 200]}
layers:
  - SinusoidalPositionalEncoding
  - {type: TransformerEncoderLayer, nhead: 8, repeat: 2}
""",
            line=4,
            column=5,
            message="8 heads of 25 features: odd, no multiple of 8",
        ),
        Bad(
            """\
inputs: {tokens: [64, 128]}
layers:
  - SinusoidalPositionalEncoding
  - {type: MultiheadAttention, num_heads: 4, head_dim: 36}
""",
            line=4,
            column=56,
            message="4 heads of 36 features: 36 = 4 x 8 + 4, no multiple of 8",
        ),
    ),
    check=check,
)
