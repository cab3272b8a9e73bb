"""What differs between two networks, for machines: every layer by itself, with both of all its numbers."""

from typing import TYPE_CHECKING

from archcalc.render.cells import Row, Table
from archcalc.render.differences import detail_words, difference_words
from archcalc.render.document import SCHEMA_VERSION, head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.comparing.differences import LayerDifference, NetworkDifference, Total
    from archcalc.comparing.layers import Detail
    from archcalc.comparing.limits import Condition
    from archcalc.render.cells import Cell
    from archcalc.render.fields import Json

COLUMNS = ("params", "trainable_params", "buffers", "macs", "activations")
"""Numbers of a layer, in the order of ``LayerNumbers``."""
KEYS = (
    *("change", "before", "after", "type_before", "type_after", "what"),
    *(f"{name}_{side}" for name in COLUMNS for side in ("before", "after")),
)


def difference_csv(found: "NetworkDifference") -> Table:
    """A row for each layer that is not the same, behind those of inputs, outputs and variables."""
    rows = (*map(_detail_row, found.network), *map(_layer_row, found.layers))
    return Table("", KEYS, (False,) * len(KEYS), rows, (), KEYS)


def _detail_row(detail: "Detail") -> Row:
    cells: tuple[Cell, ...] = (
        detail.what,
        detail.what,
        "",
        "",
        detail_words(detail),
        *[None] * 2 * len(COLUMNS),
    )
    return Row("network", "network", cells, cells)


def _layer_row(each: "LayerDifference") -> Row:
    before, after = each.before, each.after
    names = [layer.name if layer else "" for layer in (before, after)]
    types = [layer.type if layer else "" for layer in (before, after)]
    numbers = [side for pair in zip(each.ours, each.theirs, strict=True) for side in pair]
    what = "; ".join(detail_words(detail) for detail in each.details)
    cells: tuple[Cell, ...] = (*names, *types, what, *numbers)
    change = " ".join(each.marks)
    return Row(change, change, cells, cells)


def difference_document(
    found: "NetworkDifference", failed: "Sequence[tuple[Condition, Total]] | None" = None
) -> "Json":
    """Everything that differs; with ``failed`` the conditions that have come true."""
    return {
        "schema_version": SCHEMA_VERSION,
        "before": _head(found, 0),
        "after": _head(found, 1),
        "same": found.same,
        "summary": difference_words(found),
        "network": [_detail(detail) for detail in found.network],
        "layers": [_layer(each) for each in found.layers],
        "renamed_automatically": [
            {"before": each.before.name, "after": each.layer.name} for each in found.automatic if each.before
        ],
        "put_together_otherwise": [
            {
                side: [layer.name for layer in layers]
                for side, layers in zip(("before", "after"), place.layers, strict=True)
            }
            for place in found.places
        ],
        "totals": {
            total.quantity.name: {
                "before": total.before,
                "after": total.after,
                "delta": total.delta,
                "share": None if total.share is None else float(total.share),
            }
            for total in found.totals
        },
        **({} if failed is None else {"failed": [_failed(*each) for each in failed]}),
    }


def _head(found: "NetworkDifference", side: int) -> "Json":
    measured = (found.first, found.second)[side]
    unknown = measured.measuring.macs.unknown
    document = {key: value for key, value in head(measured.trace).items() if key != "schema_version"}
    return {**document, **({"layers_without_macs": list(unknown)} if unknown else {})}


def _detail(detail: "Detail") -> "Json":
    return {"what": detail.what, "before": detail.before, "after": detail.after}


def _layer(each: "LayerDifference") -> "Json":
    return {
        "change": list(each.marks),
        "before": each.before.name if each.before else None,
        "after": each.after.name if each.after else None,
        "type": each.layer.type,
        "details": [_detail(detail) for detail in each.details],
        "numbers": {
            name: {"before": before, "after": after, "delta": delta}
            for name, before, after, delta in zip(COLUMNS, each.ours, each.theirs, each.deltas, strict=True)
        },
    }


def _failed(condition: "Condition", total: "Total") -> "Json":
    return {"condition": condition.text, "before": total.before, "after": total.after, "delta": total.delta}
