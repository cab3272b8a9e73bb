"""The bytes of a decoder's cache as engines keep it: whole pages of positions, numbers of few bits.

Pages: Kwon et al. 2023 (arXiv 2309.06180, section 4.1). Per position a layer keeps a key and a value of every
key/value head, or a latent with a turned key; of a window no more positions than it reads.
"""

from typing import TYPE_CHECKING

from archcalc.analyses.growth import asked_memory, asking, kept_numbers, order
from archcalc.effort import one_by_one
from archcalc.errors import Fault
from archcalc.formulas.attention import padded
from archcalc.formulas.rounding import ceil_divided
from archcalc.records import dataclass
from archcalc.tracing.times import with_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.tracing import Trace

BITS = {
    "float64": 64,
    "float32": 32,
    "float16": 16,
    "bfloat16": 16,
    "float8": 8,
    "int8": 8,
    "int4": 4,
}
"""Bits of one number of the cache; scales of quantised ones are left out."""
QUANTISED = 8
"""Bits of a number up to which engines keep scales beside them."""
SHORT = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16", "fp8": "float8"}
"""What engines call them."""


def cache_bytes(numbers: int, dtype: str) -> int:
    """Bytes of so many numbers of the cache."""
    return ceil_divided(numbers * BITS[dtype], 8)


def own_precision(trace: "Trace") -> str:
    """The precision in which attention calculates, as the spec has it."""
    attending = (layer for _, layer in with_times(trace.layers) if layer.facts.attention)
    return next((layer.precision for layer in attending), "float32")


@dataclass(frozen=True, slots=True)
class CacheSetting:
    """How a cache is kept.

    Args:
        tokens: name of the input that grows.
        context: tokens of each sequence.
        dtype: of the numbers, a name of ``BITS``.
        page: positions that are kept or given up together.
    """

    tokens: str
    context: int
    dtype: str = "float16"
    page: int = 1


@dataclass(frozen=True, slots=True)
class CachedLayer:
    """What is kept for one attention layer, of one sequence.

    Args:
        layer: its name.
        numbers: per position.
        positions: that are kept, whole pages.
    """

    layer: str
    numbers: int
    positions: int


def decode_cache(
    trace: "Trace", setting: CacheSetting, parts: "Mapping[str, int] | None" = None
) -> tuple[CachedLayer, ...]:
    """What a decoder keeps of one sequence, layer by layer.

    Args:
        trace: the decoder, with any number of tokens.
        setting: how the cache is kept.
        parts: layer -> parts of its key/value heads, of which a device has one; a latent is on every device.

    Raises:
        Fault: no attention keeps anything of the tokens: the network is no decoder.
        SpecError: there are too many layers.
    """
    attends = any(layer.facts.attention for _, layer in with_times(trace.layers))
    if attends:
        one_by_one(trace, "a cache")
    found = tuple(_cached(trace, setting, parts or {})) if attends else ()
    if not found or not order(trace, setting.tokens)[setting.tokens].reads_past:
        fact = f"no causal attention reads {setting.tokens!r} along its first axis"
        raise Fault(f"{fact}: there is no cache")
    return found


def _cached(trace: "Trace", setting: CacheSetting, parts: "Mapping[str, int]") -> "Iterator[CachedLayer]":
    length, grows = trace.inputs[setting.tokens].shape[0], trace.behind(setting.tokens)
    for layer in trace.layers:
        found, asks = layer.facts.attention, asking(layer, length, grows)
        asked = asked_memory(layer, grows)
        if found is None or layer.name not in grows or (asks is None and asked is None):
            continue
        positions = asks.kept(setting.context) if asks else asked or 0
        heads = parts.get(layer.name, 1) if found.latent is None else 1
        yield CachedLayer(layer.name, kept_numbers(layer) // heads, padded(positions, setting.page))
