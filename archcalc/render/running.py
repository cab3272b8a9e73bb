"""A run in words, its cache as a table, the answer to a limit, and the document of all."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from archcalc.footprint.cache import BITS, QUANTISED, cache_bytes
from archcalc.records import dataclass
from archcalc.render.cells import listed
from archcalc.render.devices import COMMUNICATION, devices_document, stages_table
from archcalc.render.memory import alive_table, in_units, memory_table, report_document
from archcalc.render.names import folded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.footprint.devices.bytes_of_devices import DevicesReport
    from archcalc.footprint.fitting import Fitting
    from archcalc.footprint.running import MemoryRun
    from archcalc.footprint.training import TrainingRun
    from archcalc.render.cells import Table


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer to ``--fit``.

    Args:
        fitting: the largest count.
        limit: the bytes that it stays within.
        of: what was counted.
    """

    fitting: "Fitting"
    limit: int
    of: str


def run_words(model: str, run: "MemoryRun") -> dict[str, object]:
    """How it is run, word by word."""
    return dict(_words(model, run))


def _words(model: str, run: "MemoryRun") -> "Iterator[tuple[str, object]]":
    training, placed = run.training, run.placement
    yield "model", model
    yield "mode", "training" if training else "inference"
    yield "batch", run.setting.batch
    yield "dtype", run.setting.dtype or "as written"
    if training:
        yield "optimizer", training.optimizer
        if training.checkpoints:
            yield "checkpoints", len(training.checkpoints)
        if training.accumulate > 1:
            yield "accumulate", training.accumulate
        if training.master:
            yield "master", "float32"
        yield from _step_words(training)
    for name in ("dp", "tp", "pp", "ep", "zero"):
        count = getattr(placed, name)
        if count > (name != "zero"):
            yield name, count
    if placed.sp:
        yield "sp", "on"
    if run.cache:
        yield "context", run.cache.context


def run_left_out(run: "MemoryRun") -> tuple[str, ...]:
    """What is left out of a run, beside what is left out of all."""
    quantised = run.cache is not None and BITS[run.cache.dtype] <= QUANTISED
    return (
        *(_of_loss(run.training) if run.training and not run.training.loss else ()),
        *((COMMUNICATION,) if run.placement.several else ()),
        *(("scales of the cache's numbers",) if quantised else ()),
    )


def _of_loss(training: "TrainingRun") -> tuple[str, ...]:
    """What is left out of a step without a loss."""
    if training.stated:
        return ("targets", f"what {training.stated}, the loss of the spec, keeps: it was not measured")
    return ("targets", "what the loss keeps (of CrossEntropyLoss as much as the output)")


def run_title(model: str, run: "MemoryRun", *, batch: bool = True) -> str:
    """The network, and how it is run, with its ``batch``; what its spec says is told to be the spec's."""
    left_out = ("model",) if batch else ("model", "batch")
    words = {key: str(value) for key, value in run_words(model, run).items() if key not in left_out}
    if run.training and run.training.loss and run.training.stated:
        words["loss"] += " (the spec's)"
    if batch and run.batch_stated:
        words["batch"] += " (the spec's)"
    return f"{model}: " + ", ".join(f"{key} {value}" for key, value in words.items())


def memory_tables(report: "DevicesReport", run: "MemoryRun", model: str, fit: Fit | None) -> "list[Table]":
    """The bytes of a run: of all stages where there are several devices, of the device that needs most.

    Below stand its decode cache, and of a run without gradients the tensors that are alive at the peak.
    """
    own = report.stages[report.worst].memory
    title = run_title(model, run)
    found: list[Table] = []
    if run.placement.several:
        found.append(stages_table(report, run, title))
        title = f"one device of {f'stage {report.worst + 1}' if run.placement.pp > 1 else 'them'}"
    table = memory_table(own, title, run_left_out(run))
    if fit is not None:
        table = replace(table, footer=(fitting_line(fit), *table.footer))
    found.append(table)
    if run.cache:
        found.append(cache_table(report, run))
    return [*found, alive_table(own)] if own.alive else found


def cache_table(report: "DevicesReport", run: "MemoryRun") -> "Table":
    """What a cache keeps, by layer; those alike are one line."""
    dtype = run.cache.dtype if run.cache else ""
    layers = {each.layer: each for stage in report.stages for each in stage.cache}
    groups = folded(layers, lambda name: (layers[name].numbers, layers[name].positions))
    rows: list[tuple[str, int, int, int, int]] = []
    for name, members in groups.items():
        first, count = layers[members[0]], len(members)
        whole = run.setting.batch * count * first.numbers * first.positions
        rows.append((name, count, first.numbers, first.positions, cache_bytes(whole, dtype)))
    each = cache_bytes(sum(layer.numbers for layer in layers.values()), dtype)
    footer = [f"{each:,} bytes ({in_units(each)}) per token of a sequence, as long as no window is full"]
    if run.placement.pp > 1:
        footer.append("of all stages")
    headers = ("Attention", "Count", "Numbers per token", "Tokens kept", "Bytes")
    batch = run.setting.batch
    title = f"decode cache in {dtype}, {batch:,} {'sequence' if batch == 1 else 'sequences'}"
    return listed(title, headers, rows, footer, (False, True, True, True, True))


def fitting_line(fit: Fit) -> str:
    """The answer to ``--fit`` in a line."""
    found, limit = fit.fitting, in_units(fit.limit)
    if not found.count:
        if found.bytes is None:
            return f"fits {limit}: none; {fit.of} 1 is refused by the network"
        return f"fits {limit}: none; {fit.of} 1 takes {found.bytes:,} bytes ({in_units(found.bytes)})"
    taken = found.bytes or 0
    told = f"fits {limit}: {fit.of} {found.count:,}, {taken:,} bytes ({in_units(taken)})"
    following = "one more" if found.next_count == found.count + 1 else f"{found.next_count:,}, the next,"
    if found.next_bytes is None:
        return f"{told}; one more is refused by the network"
    return f"{told}; {following} takes {found.next_bytes:,}"


def memory_document(
    report: "DevicesReport", run: "MemoryRun", words: dict[str, object], fit: Fit | None
) -> dict[str, object]:
    """All of it for machines: the device that needs most, and all stages where there are several devices."""
    found = {**words, **report_document(report.stages[report.worst].memory, run_left_out(run))}
    if run.placement.several:
        found["devices"] = devices_document(report)
    if run.cache:
        cached = [each for stage in report.stages for each in stage.cache]
        found["cache"] = {
            "dtype": run.cache.dtype,
            "page": run.cache.page,
            "context": run.cache.context,
            "layers": [
                {
                    "layer": each.layer,
                    "numbers_per_token": each.numbers,
                    "tokens_kept": each.positions,
                    "bytes": cache_bytes(run.setting.batch * each.numbers * each.positions, run.cache.dtype),
                }
                for each in cached
            ],
        }
    return found if fit is None else {**found, "fit": {"of": fit.of, **asdict(fit.fitting)}}


def _step_words(training: "TrainingRun") -> "Iterator[tuple[str, object]]":
    """What is another step than usual."""
    told = {
        "loss": training.loss,
        "step": "the first" if training.first else "",
        "gradients": "kept from step to step" if training.keep_gradients else "",
        "update": "" if training.update == "each" else training.update,
    }
    yield from ((word, what) for word, what in told.items() if what)
