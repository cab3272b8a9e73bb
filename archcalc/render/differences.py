"""What differs between two networks, as tables: numbers in all, and what has become of which layers."""

from collections import Counter
from typing import TYPE_CHECKING, cast

from archcalc.comparing.folding import folded_differences, single_differences, written_in
from archcalc.render.cells import Row, Table, listed
from archcalc.render.memory import in_units
from archcalc.render.names import folded, in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from archcalc.comparing.differences import NetworkDifference, Total
    from archcalc.comparing.folding import LayerFold
    from archcalc.comparing.layers import Detail
    from archcalc.comparing.limits import Condition
    from archcalc.comparing.places import OpenPlace
    from archcalc.render.cells import Cell
    from archcalc.tracing import TracedLayer

NUMBERS = frozenset({"params", "trainable_params", "buffers", "macs", "activations"})
"""Details that have columns of their own, or are sums of what these tell."""
TENTH = 0.001
"""A share below this one is shown with more digits."""
MAX_PLACES, MAX_KINDS = 3, 6
"""Ways to put layers together, and kinds of each, that a line tells."""
MAX_VALUE = 60
"""Characters of a value."""
AFFECTED = "affected: written as before; shapes and numbers follow from the layers that are not"
HEADERS = ("Layer", "Change", "What", "Params", "MACs", "Activations")
RIGHT = (False, False, False, True, True, True)


def signed(number: int | None) -> str:
    """A growth: ``+1,024``; nothing where there is none."""
    return "?" if number is None else f"{number:+,}" if number else ""


def signed_units(number: int) -> str:
    """Bytes more or less: ``+1.5 MiB``."""
    return f"{'+' if number > 0 else '-'}{in_units(abs(number))}" if number else ""


def percent(share: "Fraction | None") -> str:
    """A share: ``+86.5 %``; nothing where there is none."""
    if share is None:
        return ""
    digits = 1 if abs(share) >= TENTH else 3
    return f"{100 * float(share):+,.{digits}f} %"


def totals_table(found: "NetworkDifference", names: tuple[str, str]) -> Table:
    """The numbers of both networks, those that differ first named in the title."""
    rows = [
        (
            total.quantity.title,
            _number(total, total.before),
            _number(total, total.after),
            _growth(total),
            percent(total.share) if total.delta else "",
        )
        for total in found.totals
    ]
    unknown = {name for side in (found.first, found.second) for name in side.measuring.macs.unknown}
    footer = [f"MACs are a lower bound: not known of {in_words(sorted(unknown))}"] if unknown else []
    footer += [] if found.layers or found.network else _footer(found)
    headers = ("Number", "Before", "After", "Change", "Share")
    return listed(headline(found, names), headers, rows, footer, (False, True, True, True, True))


def headline(found: "NetworkDifference", names: tuple[str, str]) -> str:
    """Both networks and how many layers have changed, in a line."""
    return f"{names[0]} -> {names[1]}: {difference_words(found)}"


def difference_words(found: "NetworkDifference") -> str:
    """How many layers have become what."""
    if found.same:
        return "no difference"
    counts: dict[str, int] = {}
    for each in found.layers:
        counts[each.marks[0]] = counts.get(each.marks[0], 0) + 1
    words = [f"{counts[mark]:,} {mark}" for mark in MARKS if mark in counts]
    layers = (
        f"{', '.join(words)} of {len(found.second.trace.layers):,} layers"
        if words
        else "the layers are the same"
    )
    whole = in_short_words(found.network)
    return f"{layers}; {whole}" if whole else layers


MARKS = ("added", "removed", "changed", "moved", "renamed", "affected")


def in_short_words(details: "Sequence[Detail]") -> str:
    """What differs of the network as a whole, without the values."""
    names = list(
        dict.fromkeys(
            "other variables" if each.what.startswith("var ") else f"other {each.what}" for each in details
        )
    )
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")  # noqa: PLR2004  a line's worth


def _number(total: "Total", value: int | None) -> "Cell":
    if value is None:
        return "unknown"
    return in_units(value) if total.quantity.unit == "bytes" else value


def _growth(total: "Total") -> str:
    if total.delta is None:
        return "?"
    return signed_units(total.delta) if total.quantity.unit == "bytes" else signed(total.delta)


def changes_table(found: "NetworkDifference", *, every: bool = False) -> Table:
    """What has become of which layers, in as few rows as tell it, or each layer by itself."""
    groups = single_differences(found) if every else folded_differences(found, folded)
    rows = [*(_detail_row(each) for each in found.network), *(group_row(group) for group in groups)]
    footer = list(_footer(found))
    return Table("what differs, layer by layer" if rows else "", HEADERS, RIGHT, tuple(rows), tuple(footer))


def _footer(found: "NetworkDifference") -> "Iterator[str]":
    if any(each.marks == ("affected",) for each in found.layers):
        yield AFFECTED
    if found.automatic:
        first = found.automatic[0]
        before = first.before.name if first.before else ""
        yield (
            f"{len(found.automatic):,} layers are called otherwise, by names that nobody has given, which"
            f" counts as no difference: {before} is {first.layer.name} ..."
        )
    yield from _places(found)


def _places(found: "NetworkDifference") -> "Iterator[str]":
    """Where the same is put together otherwise, places that are so in the same way together."""
    if not found.places:
        return
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[OpenPlace]] = {}
    for place in found.places:
        alike.setdefault(place.types, []).append(place)
    words = [
        f"{f'{len(places):,} x ' if len(places) > 1 else ''}{_kinds(ours)} is {_kinds(theirs)}"
        for (ours, theirs), places in alike.items()
    ]
    more = f"; and {len(words) - MAX_PLACES:,} more" if len(words) > MAX_PLACES else ""
    are = "place is" if len(found.places) == 1 else "places are"
    yield (
        f"{len(found.places):,} {are} put together otherwise, with the same weights and the same numbers at"
        f" these sizes, which counts as no difference: {'; '.join(words[:MAX_PLACES])}{more}"
    )


def _kinds(types: "Sequence[str]") -> str:
    """Kinds in short: ``Chunk, ScaledDotProductAttention``."""
    counts = Counter(types)
    words = [f"{times:,} {kind}" if times > 1 else kind for kind, times in counts.items()]
    shown = words if len(words) <= MAX_KINDS else [*words[:MAX_KINDS], "..."]
    return ", ".join(shown) or "nothing"


def failed_words(condition: "Condition", total: "Total") -> str:
    """A condition that has come true, with both numbers."""
    share = f", {percent(total.share)}" if total.share is not None else ""
    before, after = ("unknown" if value is None else f"{value:,}" for value in (total.before, total.after))
    return (
        f"{condition.text}: {total.quantity.name} {before} -> {after} ({signed(total.delta) or '+0'}{share})"
    )


def _detail_row(detail: "Detail") -> Row:
    cells: tuple[Cell, ...] = (
        "changed",
        f"{short_value(detail.before)} -> {short_value(detail.after)}",
        "",
        "",
        "",
    )
    return Row(detail.what, detail.what, cells, cells)


def group_row(group: "LayerFold") -> Row:
    """A group as a row."""
    deltas = group.deltas
    name = f"{group.before} -> {group.name}" if group.before else group.name
    cells = (
        ", ".join(group.first.marks),
        what_words(group),
        signed(deltas.params),
        signed(deltas.macs),
        signed_units(deltas.activations),
    )
    return Row(name, name, cells, cells)


def what_words(group: "LayerFold") -> str:
    """What has become of a group: how many of which block or kind, or what differs."""
    first, many = group.first, len(group.members)
    marks = first.marks
    if marks in (("added",), ("removed",)):
        return (
            _blocks(group)
            if group.scopes[0]
            else f"{f'{many:,} x ' if many > 1 else ''}{entry_words(first.layer)}"
        )
    if marks == ("affected",):
        names = dict.fromkeys(detail.what for each in group.members for detail in each.details)
        return (
            f"{_layers(many)}: {', '.join(name for name in names if name in SHOWN_FACTS or name in NUMBERS)}"
        )
    own = written_in(first)
    words = [detail_words(each) for each in first.details if each.what in own]
    if many == 1:
        words += [
            detail_words(each) for each in first.details if each.what not in own and each.what not in NUMBERS
        ]
    if not words:
        return _layers(many)
    return f"{f'{_layers(many)}, each: ' if many > 1 else ''}{'; '.join(words)}"


SHOWN_FACTS = frozenset({"output_shape", "output_dtype", "receptive_field"})


def _layers(many: int) -> str:
    return f"{many:,} layer{'' if many == 1 else 's'}"


def _blocks(group: "LayerFold") -> str:
    times, kind = group.scopes
    inside = _layers(len(group.members))
    return f"{f'{times:,} x ' if times > 1 else ''}{kind}, {inside}" if kind else inside


def entry_words(layer: "TracedLayer") -> str:
    """A kind with the arguments that are not its defaults, as in torch: ``Conv2d(out_channels=4)``."""
    fields, inferred = type(layer.arguments).model_fields, layer.facts.inferred
    shown = [
        f"{key}={short_value(value)}"
        for key, value in dict(layer.arguments).items()
        if value != fields[key].default and not (key in inferred and fields[key].default is None)
    ]
    return f"{layer.type}({', '.join(shown)})" if shown else layer.type


def detail_words(detail: "Detail") -> str:
    """One thing that differs: ``stride 1 -> 2``."""
    return f"{detail.what} {short_value(detail.before)} -> {short_value(detail.after)}"


def short_value(value: object) -> str:
    """A value in short."""
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        text = f"[{', '.join(map(short_value, cast('Sequence[object]', value)))}]"
    else:
        text = (
            f"{value:g}"
            if isinstance(value, float)
            else str(value).lower()
            if isinstance(value, bool)
            else str(value)
        )
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 3]}..."
