"""The attention of a network as a table, lines about positions, and a document."""

from typing import TYPE_CHECKING

from archcalc.render.cells import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.attention import AttentionLayer, AttentionReport

PROJECTIONS = ("query", "key", "value", "out")
SHOWN = 4
"""Names that a line for people lists."""


def attention_table(report: "AttentionReport", model: str) -> Table:
    """A line per attention layer: heads, lengths, mask, positions, params and MACs by part."""
    rows = tuple(_row(found) for found in report.layers)
    headers = (
        *("Layer", "Heads", "KV heads", "Head size", "Queries", "Keys", "Of", "Mask", "Positions"),
        *("Params q, k, v, out", "Projection MACs", "Score MACs", "Mixing MACs"),
    )
    right = (False, *(True,) * 5, False, False, False, *(True,) * 4)
    return Table(f"{model}: attention", headers, right, rows, tuple(_lines(report)))


def _row(found: "AttentionLayer") -> Row:
    has, parts = found.attention, found.parts
    projections = [parts[name] for name in PROJECTIONS if name in parts]
    cells = (
        *(has.heads, has.kv_heads, has.head_dim, has.queries, has.keys),
        "memory" if has.cross else "itself",
        found.mask,
        ", ".join(dict.fromkeys(how for _, how in found.positions)) or "none",
        ", ".join(f"{part.params:,}" for part in projections) or "-",
        sum(part.macs for part in projections) if projections else None,
        *(parts[name].macs if name in parts else None for name in ("scores", "mixing")),
    )
    return Row(found.layer, found.layer, container=False, cells=cells, raw=cells)


def _lines(report: "AttentionReport") -> "Iterator[str]":
    if not report.layers:
        yield "no layer attends"
    for found in report.positional:
        before = f"behind {_listed(found.before)}" if found.before else "at the input"
        readers = f"reaches {_listed(found.readers)}" if found.readers else "reaches no attention"
        yield f"positions enter at {found.layer} ({found.how}), {before}; {readers}"
    if report.blind:
        yield f"read tokens without any positional information: {_listed(report.blind)}"
    if any(found.attention.causal or found.attention.window for found in report.layers):
        yield "MACs count the full square of queries and keys; a mask takes nothing off"


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def attention_document(report: "AttentionReport", model: str) -> dict[str, object]:
    """Every attention layer with its parts, and what brings positions in."""
    return {
        "schema_version": 1,
        "model": model,
        "attention": [
            {
                "layer": found.layer,
                "type": found.type,
                "heads": found.attention.heads,
                "kv_heads": found.attention.kv_heads,
                "head_dim": found.attention.head_dim,
                "value_dim": found.attention.value_dim,
                "queries": found.attention.queries,
                "keys": found.attention.keys,
                "cross": found.attention.cross,
                "causal": found.attention.causal,
                "window": found.attention.window,
                "positions": [{"layer": name, "how": how} for name, how in found.positions],
                "parts": {
                    name: {"params": part.params, "macs": part.macs} for name, part in found.parts.items()
                },
            }
            for found in report.layers
        ],
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
