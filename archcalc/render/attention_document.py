"""The attention of a network for machines: a line of CSV per layer, and a document."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from archcalc.render.attention import PRODUCTS, PROJECTIONS, positions_words
from archcalc.render.cells import Cell, Table, listed

if TYPE_CHECKING:
    from archcalc.analyses.attention import AttentionLayer, AttentionReport
    from archcalc.render.fields import Json

Answer = Callable[["AttentionLayer"], str | int | None]
PLAIN: dict[str, Answer] = {
    "layer": lambda found: found.layer,
    "type": lambda found: found.type,
    "heads": lambda found: found.attention.heads,
    "kv_heads": lambda found: found.attention.kv_heads,
    "head_dim": lambda found: found.attention.head_dim,
    "value_dim": lambda found: found.attention.value_dim,
    "queries": lambda found: found.attention.queries,
    "keys": lambda found: found.attention.keys,
    "cross": lambda found: found.attention.cross,
    "causal": lambda found: found.attention.causal,
    "window": lambda found: found.attention.window,
}
"""What both say of a layer in the same words."""


def attention_csv(report: "AttentionReport", model: str) -> Table:
    """A line per attention layer with plain numbers."""
    parts = [(name, what) for name in PROJECTIONS for what in ("params", "macs")]
    parts += [(name, "macs") for name in PRODUCTS]
    headers = (*PLAIN, "mask", "positions", *("_".join(part) for part in parts))
    rows = (
        (
            *(_cell(of(found)) for of in PLAIN.values()),
            *(found.mask, positions_words(found)),
            *(_of_part(found, *part) for part in parts),
        )
        for found in report.layers
    )
    return listed(model, headers, rows)


def _of_part(found: "AttentionLayer", name: str, what: str) -> int | None:
    part = found.parts.get(name)
    return None if part is None else part.params if what == "params" else part.macs


def _cell(value: str | int | None) -> Cell:
    return str(value).lower() if isinstance(value, bool) else value


def attention_document(report: "AttentionReport", model: str) -> "Json":
    """Every attention layer with its parts, and what brings positions in."""
    return {
        "schema_version": 1,
        "model": model,
        "attention": [_layer(found) for found in report.layers],
        "positional": [
            {
                "layer": found.layer,
                "how": found.how,
                "before": list(found.before),
                "readers": list(found.readers),
            }
            for found in report.positional
        ],
        "without_positions": list(report.blind),
    }


def _layer(found: "AttentionLayer") -> "Json":
    how = dict(found.positions)

    def placed(names: Iterable[str]) -> "list[Json]":
        return [{"layer": name, "how": how[name]} for name in names]

    return {
        **{key: of(found) for key, of in PLAIN.items()},
        "masks": list(found.masks),
        "positions": placed(how),
        "query_positions": placed(found.of_queries),
        "key_positions": placed(found.of_keys),
        "parts": {name: {"params": part.params, "macs": part.macs} for name, part in found.parts.items()},
    }
