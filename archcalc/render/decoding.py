"""A decoder's run as tables and as a document."""

import json
from typing import TYPE_CHECKING

from archcalc.footprint.cache import BITS, QUANTISED, cache_bytes
from archcalc.render.cells import listed
from archcalc.render.names import folded, in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.decoding import DecodingReport, DecodingStep, Kept
    from archcalc.render.cells import Cell, Table

SHOWN_STEPS = 12
"""Steps that a table for people shows; CSV and JSON have all."""


HEADERS = ("Step", "Tokens in", "Length", "MACs", "MACs without cache", "Cache bytes")


def steps_table(report: "DecodingReport", model: str, dtype: str) -> "Table":
    """A line per step: tokens in, length, MACs with a cache and without, and the cache behind it."""
    rows = ((index + 1, *_cells(report.steps[index], dtype)) for index in _chosen(len(report.steps)))
    first = report.steps[0]
    title = (
        f"{model}: {report.tokens} from {first.length} to {report.steps[-1].length},"
        f" batch {report.batch}, cache in {dtype}{_pages(report)}"
    )
    return listed(title, HEADERS, rows, _footer(report, dtype), (True,) * len(HEADERS))


def steps_csv(report: "DecodingReport", dtype: str) -> "Iterator[str]":
    """A header and a line per step, one by one, so that a million need no room."""
    yield ",".join(header.lower().replace(" ", "_") for header in HEADERS) + "\n"
    for number, step in enumerate(report.steps, 1):
        yield ",".join(map(str, (number, *_cells(step, dtype)))) + "\n"


def _cells(step: "DecodingStep", dtype: str) -> tuple[int, ...]:
    bytes_ = cache_bytes(step.cache_numbers, dtype)
    return step.tokens, step.length, step.macs, step.macs_uncached, bytes_


def _pages(report: "DecodingReport") -> str:
    page = report.steps.page
    return f", pages of {page:,} tokens" if page > 1 else ""


def _chosen(count: int) -> "Sequence[int]":
    """The first steps, some between, and the last."""
    if count <= SHOWN_STEPS:
        return range(count)
    gaps = SHOWN_STEPS - 4
    between = ((count - 1) * step // gaps for step in range(1, gaps))
    return sorted({0, 1, 2, *between, count - 1})


def _footer(report: "DecodingReport", dtype: str) -> "Iterator[str]":
    last, count = report.steps[-1], len(report.steps)
    if count > SHOWN_STEPS:
        yield f"{count:,} steps, some shown; --format csv or json has all"
    total, uncached = report.totals()
    times = f" ({uncached / total:.1f} times as many)" if total else ""
    yield f"MACs {total:,} with a cache, {uncached:,} without{times}"
    if report.once:
        what = f"{report.once:,} for what does not depend on {report.tokens}"
        yield f"of them {what}: once, in step 1, and without a cache in every step"
    if report.kept:
        each, bytes_ = (cache_bytes(n, dtype) for n in (report.numbers_per_token, last.cache_numbers))
        page = report.steps.page
        of_memory = sum(kept.numbers * kept.paged(0, page) for kept in report.kept if kept.memory is not None)
        memory = f", {cache_bytes(of_memory * report.batch, dtype):,} for the memory" if of_memory else ""
        batch = f" (all {report.batch:,} sequences)" if report.batch > 1 else ""
        cache = "cache of keys and values" if report.latents else "cache"
        per_token = f"{each:,} bytes per token{batch}{memory}"
        yield f"{cache}: {per_token}, {bytes_:,} bytes{_binary(bytes_)} in the end"
    if report.latents:
        yield from _fewest(report, dtype)
    if BITS[dtype] <= QUANTISED:
        yield f"scales of the numbers in {dtype} are left out"
    if report.states:
        yield f"states of fixed size, not in the cache: {in_words(report.states)}"
    yield "step 1 reads the prompt: every layer, the output layer too, calculates all of its positions"
    if report.kept:
        yield "attention there counts the full square, masked or not"
    if any(kept.attention.latent is not None for kept in report.kept):
        yield "later steps ask the latent itself: queries and results go through the maps to keys and values"


def _fewest(report: "DecodingReport", dtype: str) -> "Iterator[str]":
    """The cache of what keys and values are made from."""
    made = dict.fromkeys(latent.name for latent in report.latents if latent.made)
    rest = "" if all(latent.made for latent in report.latents) else " and the other keys and values"
    each, bytes_ = (cache_bytes(numbers, dtype) for numbers in (report.fewest_per_token, report.fewest))
    yield (
        f"cache of what they are made from, {in_words(made)}{rest}:"
        f" {each:,} bytes per token, {bytes_:,} bytes{_binary(bytes_)} in the end"
    )
    yield "its steps, which make them anew or calculate with their weights, have other MACs than those above"


def _binary(count: int) -> str:
    """The same in a larger unit: `` (36 KiB)``; nothing below one."""
    value, unit = float(count), ""
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:  # noqa: PLR2004  the step of the units
            break
        value, unit = value / 1024, larger
    return f" ({value:.4g} {unit})" if unit else ""


def kept_table(report: "DecodingReport", dtype: str) -> "Table":
    """The attention layers that keep keys and values, in bytes of the batch; those alike are one line."""
    layers = {kept.layer: kept for kept in report.kept}
    groups = folded(layers, lambda name: (layers[name].attention, layers[name].memory))
    rows = (
        _kept_row(name, [layers[member] for member in members], report, dtype)
        for name, members in groups.items()
    )
    of_batch = f" x {report.batch:,} sequences" if report.batch > 1 else ""
    headers = (
        *("Attention", "Count", "Reads", "Heads", "KV heads", "Head size", f"Bytes per token{of_batch}"),
        *("Kept", "Bytes"),
    )
    return listed("What attention reads", headers, rows, right=(False, True, False, *(True,) * 6))


def _kept_row(name: str, group: "Sequence[Kept]", report: "DecodingReport", dtype: str) -> "tuple[Cell, ...]":
    first = group[0]
    found = first.attention
    sizes = (
        str(found.head_dim) if found.head_dim == found.value_dim else f"{found.head_dim}, {found.value_dim}"
    )
    if found.latent is not None:
        sizes = f"latent {found.latent} + {found.shared}"
    numbers = report.batch * sum(kept.numbers for kept in group)
    each = cache_bytes(numbers, dtype) if first.memory is None else "-"
    kept = first.paged(report.steps[-1].length, report.steps.page)
    whole = cache_bytes(numbers * kept, dtype)
    return name, len(group), reads_words(first), found.heads, found.kv_heads, sizes, each, kept, whole


def reads_words(kept: "Kept") -> str:
    """What the newest token of an attention layer reads."""
    if kept.memory is not None:
        return f"memory of {kept.memory:,}"
    window = kept.attention.window
    return "own past" if window is None else f"own past, last {window:,}"


def decoding_json(report: "DecodingReport", model: str, dtype: str) -> "Iterator[str]":
    """The whole run as JSON, a line per step, line by line; counts for the batch."""
    count = len(report.steps)
    head = json.dumps(_head(report, model, dtype), indent=1)
    yield head.removesuffix("\n}") + ',\n "steps": [\n'
    for number, step in enumerate(report.steps, 1):
        line = dict(zip(("step", *STEP_KEYS), (number, *_cells(step, dtype)), strict=True))
        yield f"  {json.dumps(line)}{',' if number < count else ''}\n"
    totals = json.dumps({"totals": _totals(report, dtype)}, indent=1)
    yield " ],\n" + totals.removeprefix("{\n") + "\n"


STEP_KEYS = ("tokens", "length", "macs", "macs_without_cache", "cache_bytes")


def _head(report: "DecodingReport", model: str, dtype: str) -> dict[str, object]:
    last, page = report.steps[-1].length, report.steps.page
    return {
        "schema_version": 1,
        "model": model,
        "tokens": report.tokens,
        "prompt": report.steps[0].length,
        "new": len(report.steps),
        "batch": report.batch,
        "dtype": dtype,
        "page": page,
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
                "latent": kept.attention.latent,
                "cache_numbers_per_token": kept.numbers,
                "cache_bytes_per_token": cache_bytes(report.batch * kept.numbers, dtype),
                "cache_positions": kept.paged(last, page),
                "cache_bytes": cache_bytes(report.batch * kept.numbers * kept.paged(last, page), dtype),
            }
            for kept in report.kept
        ],
        "latents": [
            {"name": latent.name, "cache_bytes_per_token": cache_bytes(report.batch * latent.numbers, dtype)}
            for latent in report.latents
        ],
        "states": list(report.states),
    }


def _totals(report: "DecodingReport", dtype: str) -> dict[str, int]:
    macs, uncached = report.totals()
    each = report.numbers_per_token
    return {
        "macs": macs,
        "macs_without_cache": uncached,
        "macs_once": report.once,
        "cache_bytes_per_token": cache_bytes(each, dtype),
        "cache_bytes_per_token_and_sequence": cache_bytes(each // report.batch, dtype),
        "cache_bytes": cache_bytes(report.steps[-1].cache_numbers, dtype),
    }
