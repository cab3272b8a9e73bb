"""A decoder's run as tables and as a document."""

from typing import TYPE_CHECKING

from archcalc.render.cells import Row, Table
from archcalc.render.names import folded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.decoding import DecodingReport, Kept, Step

BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "float8": 1, "int8": 1}
"""Bytes of one number of the cache."""
SHOWN_STEPS = 12
"""Steps that a table for people shows; the other formats have all."""


def steps_table(report: "DecodingReport", model: str, dtype: str, *, every: bool) -> Table:
    """A line per step: tokens in, length, MACs with a cache and without, and the cache behind it."""
    size = BYTES[dtype]
    chosen = range(len(report.steps)) if every else _chosen(len(report.steps))
    rows = [_row(index, report.steps[index], size) for index in chosen]
    first = report.steps[0]
    title = (
        f"{model}: {report.tokens} from {first.length} to {report.steps[-1].length},"
        f" batch {report.batch}, cache in {dtype}"
    )
    headers = ("Step", "Tokens in", "Length", "MACs", "MACs without cache", "Cache bytes")
    return Table(
        title, headers, (True,) * len(headers), tuple(rows), tuple(_footer(report, size, every=every))
    )


def _row(index: int, step: "Step", size: int) -> Row:
    cells = (step.tokens, step.length, step.macs, step.macs_uncached, step.cache_numbers * size)
    return Row(str(index + 1), str(index + 1), container=False, cells=cells, raw=cells)


def _chosen(count: int) -> "Sequence[int]":
    """The first steps, some between, and the last."""
    if count <= SHOWN_STEPS:
        return range(count)
    gaps = SHOWN_STEPS - 4
    between = ((count - 1) * step // gaps for step in range(1, gaps))
    return sorted({0, 1, 2, *between, count - 1})


def _footer(report: "DecodingReport", size: int, *, every: bool) -> "Iterator[str]":
    last, count = report.steps[-1], len(report.steps)
    if not every and count > SHOWN_STEPS:
        yield f"{count:,} steps, some shown; --format csv or json has all"
    total, uncached = (
        sum(values) for values in zip(*((s.macs, s.macs_uncached) for s in report.steps), strict=True)
    )
    yield f"MACs {total:,} with a cache, {uncached:,} without ({uncached / total:.1f} times as many)"
    if report.once:
        yield f"of them {report.once:,} once, in step 1, for what does not depend on {report.tokens}"
    if report.states:
        yield f"states of fixed size, not in the cache: {', '.join(folded(report.states, lambda _: None))}"
    if not report.kept:
        return
    each, bytes_ = report.numbers_per_token * size, last.cache_numbers * size
    of_memory = sum(kept.numbers * kept.memory for kept in report.kept if kept.memory is not None)
    memory = f", {of_memory * report.batch * size:,} for the memory" if of_memory else ""
    yield f"cache: {each:,} bytes per token{memory}, {bytes_:,} bytes ({_binary(bytes_)}) in the end"
    yield "step 1 reads the prompt; attention there counts the full square, masked or not"


def _binary(count: int) -> str:
    value, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":  # noqa: PLR2004  the step of the units
            break
        value /= 1024
    return f"{value:.4g} {unit}"


def kept_table(report: "DecodingReport", dtype: str) -> Table:
    """The attention layers that keep keys and values; those that are alike are one line."""
    size = BYTES[dtype] * report.batch
    layers = {kept.layer: kept for kept in report.kept}
    groups = folded(layers, lambda name: (layers[name].attention, layers[name].memory))
    rows = tuple(
        _kept_row(name, [layers[member] for member in members], size) for name, members in groups.items()
    )
    headers = ("Attention", "Count", "Reads", "Heads", "KV heads", "Head size", "Bytes per token")
    return Table("What attention reads", headers, (False, True, False, *(True,) * 4), rows)


def _kept_row(name: str, group: "Sequence[Kept]", size: int) -> Row:
    first = group[0]
    found = first.attention
    sizes = (
        str(found.head_dim) if found.head_dim == found.value_dim else f"{found.head_dim}, {found.value_dim}"
    )
    each = sum(kept.numbers for kept in group) * size if first.memory is None else "-"
    cells = (len(group), reads_words(first), found.heads, found.kv_heads, sizes, each)
    return Row(name, name, container=False, cells=cells, raw=cells)


def reads_words(kept: "Kept") -> str:
    """What the newest token of an attention layer reads."""
    if kept.memory is not None:
        return f"memory of {kept.memory:,}"
    window = kept.attention.window
    return "own past" if window is None else f"own past, last {window:,}"


def decoding_document(report: "DecodingReport", model: str, dtype: str) -> dict[str, object]:
    """The whole run; counts for the batch."""
    size = BYTES[dtype]
    return {
        "schema_version": 1,
        "model": model,
        "tokens": report.tokens,
        "prompt": report.steps[0].length,
        "new": len(report.steps),
        "batch": report.batch,
        "dtype": dtype,
        "attention": [
            {
                "layer": kept.layer,
                "reads": "memory" if kept.memory is not None else "own past",
                "memory": kept.memory,
                "window": kept.attention.window,
                "heads": kept.attention.heads,
                "kv_heads": kept.attention.kv_heads,
                "head_dim": kept.attention.head_dim,
                "value_dim": kept.attention.value_dim,
                "cache_bytes_per_token": report.batch * kept.numbers * size,
            }
            for kept in report.kept
        ],
        "states": list(report.states),
        "steps": [
            {
                "step": number,
                "tokens": step.tokens,
                "length": step.length,
                "macs": step.macs,
                "macs_without_cache": step.macs_uncached,
                "cache_bytes": step.cache_numbers * size,
            }
            for number, step in enumerate(report.steps, 1)
        ],
        "totals": {
            "macs": sum(step.macs for step in report.steps),
            "macs_without_cache": sum(step.macs_uncached for step in report.steps),
            "macs_once": report.once,
            "cache_bytes_per_token": report.numbers_per_token * size,
            "cache_bytes": report.steps[-1].cache_numbers * size,
        },
    }
