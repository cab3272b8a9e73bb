"""Networks beside one another: a row each."""

from typing import TYPE_CHECKING

from archcalc.comparing.differences import TOTALS
from archcalc.comparing.rows import SHOWN
from archcalc.quantities.table import QUANTITIES, reads_positions, reads_whole
from archcalc.render.cells import Row, Table
from archcalc.render.document import SCHEMA_VERSION
from archcalc.render.memory import in_units
from archcalc.render.names import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing.rows import NetworkRow
    from archcalc.quantities.table import Quantity
    from archcalc.render.cells import Cell
    from archcalc.render.fields import Json

BAR = 12
"""Signs of the longest bar."""
EIGHTHS = " ▏▎▍▌▋▊▉█"
SPARE = ("Bar", "Largest layer", "Depth", "Receptive field", "Memory", "MACs")
"""What a terminal leaves out before it shortens a name, the first one first."""


def comparison_table(rows: "Sequence[NetworkRow]", pareto: "Sequence[str]", bars: str = "params") -> Table:
    """A row a network, with a bar of one quantity beside it."""
    columns = [QUANTITIES[name] for name in dict.fromkeys((*SHOWN, bars, *pareto))]
    most = max((row.values[bars] or 0 for row in rows), default=0)
    made = [
        Row(
            row.name,
            row.name,
            (
                _bar(row.values[bars], most),
                *(_cell(row, each) for each in columns),
                f"{row.largest[0]}{_share(row)}" if row.largest else "",
                "*" if row.best else "",
            ),
            (
                *(row.values[name] for name in TOTALS),
                row.largest[0] if row.largest else "",
                row.largest[1] if row.largest else 0,
                str(row.best).lower(),
            ),
        )
        for row in rows
    ]
    headers = ("Network", "Bar", *(each.title for each in columns), "Largest layer", "Pareto")
    right = (False, False, *(True for _ in columns), False, False)
    keys = ("network", *TOTALS, "largest_layer", "largest_layer_params", "pareto")
    # The column by which the networks are sorted goes last.
    spare = [title for title in SPARE if title != QUANTITIES[bars].title]
    return Table(
        f"{len(rows):,} network{'' if len(rows) == 1 else 's'}",
        headers,
        right,
        tuple(made),
        tuple(_footer(rows, pareto, bars)),
        keys,
        spare=tuple(title for title in (*spare, QUANTITIES[bars].title) if title in headers),
        whole_names=True,
    )


def _cell(row: "NetworkRow", shown: "Quantity") -> "Cell":
    value = row.values[shown.name]
    network = row.found.measuring
    if shown.analysis == "fields" and not reads_positions(network):
        return "none"
    if shown.name == "receptive_field" and reads_whole(network):
        local = row.values["local_field"]
        return f"whole ({local:,})" if local and local > 1 else "whole"
    return "unknown" if value is None else in_units(value) if shown.unit == "bytes" else value


def _share(row: "NetworkRow") -> str:
    """Which part of all parameters the largest layer has."""
    params = row.values["params"]
    return f" {100 * row.largest[1] / params:.0f} %" if row.largest and params else ""


def _bar(value: int | None, most: int) -> str:
    if not value or most <= 0:
        return ""
    eighths = max(1, round(8 * BAR * (value / most)))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _footer(rows: "Sequence[NetworkRow]", pareto: "Sequence[str]", bars: str) -> "Iterator[str]":
    words = [
        f"{name} ({'more' if QUANTITIES[name].better == 'more' else 'less'} is better)" for name in pareto
    ]
    yield (
        f"*: no other network here is as good in all of {', '.join(words)}, and better in one;"
        " what is not known is the worst"
    )
    yield f"bar: {bars}; largest layer: by params, with its share of them"
    yield "depth: layers with MACs on the longest way; memory: one sample without gradients, at its peak"
    yield (
        "receptive field: along the axis that an output reads most of; whole: all of it, which counts with"
        " its length, and in brackets what a unit reads before that (local_field)"
    )
    lower = [row.name for row in rows if row.found.measuring.macs.unknown]
    if lower:
        yield f"MACs are a lower bound: some layers of {in_words(lower)} state none"


def comparison_of_networks(rows: "Sequence[NetworkRow]", pareto: "Sequence[str]") -> "Json":
    """The same for machines."""
    return {
        "schema_version": SCHEMA_VERSION,
        "pareto": {name: "larger" if QUANTITIES[name].better == "more" else "smaller" for name in pareto},
        "networks": [
            {
                "network": row.name,
                "model": row.found.trace.model,
                **row.values,
                "largest_layer": None
                if row.largest is None
                else {"name": row.largest[0], "params": row.largest[1]},
                "pareto": row.best,
                **(
                    {"layers_without_macs": list(row.found.measuring.macs.unknown)}
                    if row.found.measuring.macs.unknown
                    else {}
                ),
            }
            for row in rows
        ],
    }
