"""What attention reads, and what a decoder keeps of it."""

from archcalc.formulas.attention import absorbed_macs, cached_numbers, latent_numbers
from archcalc.records import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """What attention reads, and what a decoder keeps of it.

    Its parts are called ``query``, ``key``, ``value``, ``out`` (the projections, where the layer has them),
    ``scores`` and ``mixing``.

    Args:
        heads: query heads.
        kv_heads: key and value heads; fewer than ``heads`` in grouped and multi-query attention.
        head_dim: features of one query and key.
        value_dim: features of one value.
        queries: positions that ask.
        keys: positions that are asked.
        causal: a position asks only itself and those before.
        window: a position asks at most so many positions, itself included; None: no limit.
        cross: keys and values come from another sequence, the memory.
        added: of ``keys``, those that belong to no position (learned, zero): every query asks them, whatever
            the mask, and no cache keeps them.
        latent: features from which all keys and values of a position are made, and which a cache keeps in
            their place; None: it keeps the keys and values.
        shared: beside a latent, features of the keys that all heads share, and the cache keeps too.
    """

    heads: int
    kv_heads: int
    head_dim: int
    value_dim: int
    queries: int
    keys: int
    causal: bool = False
    window: int | None = None
    cross: bool = False
    added: int = 0
    latent: int | None = None
    shared: int = 0

    @property
    def cached(self) -> int:
        """Numbers that a cache keeps per position: a key and a value of every key/value head, or a latent."""
        if self.latent is not None:
            return latent_numbers(self.latent, self.shared)
        return cached_numbers(self.kv_heads, self.head_dim, self.value_dim)

    @property
    def asked_macs(self) -> int:
        """Multiply-accumulates of a query per position that the cache holds."""
        if self.latent is not None:
            return absorbed_macs(self.heads, self.latent, self.shared)
        return self.heads * (self.head_dim + self.value_dim)
