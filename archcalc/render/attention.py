"""The attention of a network as tables, with lines about positions."""

from typing import TYPE_CHECKING

from archcalc.render.cells import Cell, Table, listed
from archcalc.render.names import folded, in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archcalc.analyses.attention import AttentionLayer, AttentionReport

PROJECTIONS = ("query", "key", "value", "out")
PRODUCTS = ("scores", "mixing")
NONE = (
    "no attention layer: attention that is written out with MatMul and Softmax, as in AdditiveAttention,"
    " is not listed"
)


def attention_table(report: "AttentionReport", model: str) -> Table:
    """What is asked by whom: heads, lengths, mask and positions; layers that are alike are one line."""
    headers = ("Layer", "Count", "Reads", "Heads", "Queries x keys", "Mask", "Positions")
    right = (False, True, False, True, True, False, False)

    def cells(found: "AttentionLayer") -> tuple[Cell, ...]:
        has = found.attention
        lengths = f"{has.queries:,} x {has.keys:,}"
        return asked_words(found), _heads(found), lengths, found.mask, positions_words(found)

    return listed(f"{model}: attention", headers, _rows(report, cells), _lines(report), right)


def parts_table(report: "AttentionReport") -> Table:
    """What the parts of a layer weigh and cost, for one layer of each line."""
    projecting = any(name in found.parts for found in report.layers for name in PROJECTIONS)
    of_projections = ("Params q, k, v, out", "Projection MACs") if projecting else ()
    headers = ("Layer", "Count", *of_projections, "Score MACs", "Mixing MACs")

    def cells(found: "AttentionLayer") -> tuple[Cell, ...]:
        products = (found.parts[name].macs if name in found.parts else "-" for name in PRODUCTS)
        return (*(_projection_cells(found) if projecting else ()), *products)

    footer, right = _parts_lines(report, projecting=projecting), (False, *(True,) * len(headers[1:]))
    return listed("Parts of each", headers, _rows(report, cells), footer, right)


def _parts_lines(report: "AttentionReport", *, projecting: bool) -> "Iterator[str]":
    projections = f", projections {_macs(report, PROJECTIONS):,}" if projecting else ""
    yield f"MACs in all: scores and mixing {_macs(report, PRODUCTS):,}{projections}"
    if not all("query" in found.parts for found in report.layers):
        where = "where there is a -, the" if projecting else "the"
        yield f"{where} projections are layers of their own: `archcalc params` has them"
    if any(found.mask != "none" for found in report.layers):
        yield "MACs count the full square of queries and keys; a mask takes nothing off"


def _rows(
    report: "AttentionReport", cells_of: "Callable[[AttentionLayer], tuple[Cell, ...]]"
) -> list[tuple[Cell, ...]]:
    layers = {found.layer: found for found in report.layers}

    def alike(name: str) -> tuple[object, ...]:
        found = layers[name]
        parts = tuple((part, has.params, has.macs) for part, has in found.parts.items())
        return found.attention, parts, found.mask, positions_words(found)

    groups = folded(layers, alike)
    return [(name, len(members), *cells_of(layers[members[0]])) for name, members in groups.items()]


def asked_words(found: "AttentionLayer") -> str:
    """Whose keys are asked."""
    return "memory" if found.attention.cross else "itself"


def _heads(found: "AttentionLayer") -> str:
    """Heads of their size: ``12 x 64``; with heads that share keys ``32/8 x 128``."""
    has = found.attention
    heads = f"{has.heads}" if has.heads == has.kv_heads else f"{has.heads}/{has.kv_heads}"
    sizes = f"{has.head_dim}" if has.head_dim == has.value_dim else f"{has.head_dim}/{has.value_dim}"
    return f"{heads} x {sizes}"


def positions_words(found: "AttentionLayer") -> str:
    """How positions are told apart before it or in it; of queries and keys where these differ."""
    how = dict(found.positions)

    def words(names: "Iterable[str]") -> str:
        return ", ".join(dict.fromkeys(how[name] for name in names)) or "none"

    queries, keys = words(found.of_queries), words(found.of_keys)
    return queries if queries == keys else f"queries {queries}, keys {keys}"


def _projection_cells(found: "AttentionLayer") -> tuple[Cell, ...]:
    projections = [found.parts[name] for name in PROJECTIONS if name in found.parts]
    each = [f"{part.params:,}" for part in projections]
    alike = len(each) > 1 and len(set(each)) == 1
    params = f"{len(each)} x {each[0]}" if alike else ", ".join(each) or "-"
    return params, sum(part.macs for part in projections) if projections else "-"


def _macs(report: "AttentionReport", parts: "Sequence[str]") -> int:
    return sum(found.parts[name].macs for found in report.layers for name in parts if name in found.parts)


def _lines(report: "AttentionReport") -> "Iterator[str]":
    if not report.layers:
        yield NONE
    yield from _legend(report)
    positional = {found.layer: found for found in report.positional}
    for name, members in folded(positional, lambda name: positional[name].how).items():
        first = positional[members[0]]
        times = f", {len(members)} layers" if len(members) > 1 else ""
        yield f"positions enter at {name} ({first.how}{times})"
        if first.before:
            behind = "the first behind" if len(members) > 1 else "behind"
            yield f"  {behind} {in_words(first.before)}"
        readers = dict.fromkeys(reader for member in members for reader in positional[member].readers)
        yield f"  reaching {in_words(readers)}" if readers else "  reaching no attention"
    if report.blind:
        yield f"read tokens without any positional information: {in_words(report.blind)}"


def _legend(report: "AttentionReport") -> "Iterator[str]":
    has = [found.attention for found in report.layers]
    if any(each.heads != each.kv_heads for each in has):
        yield "heads h/g x d: h heads of queries share g heads of keys and values, d features each"
    if any(each.head_dim != each.value_dim for each in has):
        yield "heads h x d/v: d features of a query and key, v of a value"
