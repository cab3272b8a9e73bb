"""The table of ``summary``, and the lines below it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.collecting import uncollected
from archcalc.render.columns import frozen_words, title_of, trainable_column
from archcalc.render.reports import bound_words, macs_line, some_params_lines
from archcalc.render.summary_columns import CHOICES, NAME, TYPE
from archcalc.render.tree import table
from archcalc.render.view import View
from archcalc.tracing.in_runs import own_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.summary import Summary
    from archcalc.render.cells import Table

STANDARD = (TYPE, "output", "params", "macs", "receptive_field")
"""The columns where none are chosen."""
WIDE = (TYPE, "output", "params", "share", "macs", "receptive_field")
"""Those of a terminal with room."""
MEGA = 10**6
SPARE = ("Field", "MACs", "Type", "Params")
"""What a narrow terminal leaves out, the first one first."""


@uncollected()
def summary_table(
    found: "Summary", view: View | None = None, *, wide: bool = False, totals: bool = True
) -> "Table":
    """Per layer the columns of a view; below them totals and sizes.

    Args:
        found: the network.
        view: how it is shown.
        wide: with the share of the parameters where there is room for it.
        totals: with the lines below, which ask more analyses than the columns.
    """
    view = view or View()
    made = sorted_table(found, view, view.columns or (WIDE if wide else STANDARD))
    made = replace(made, footer=tuple(_footer(found))) if totals else made
    if view.columns:
        made = made if TYPE in view.columns else _untyped(made)
        return replace(made, spare=tuple(reversed(made.headers[2:])))
    return replace(made, spare=SPARE, extra=("Share",) if wide else ())


def sorted_table(found: "Summary", view: View, chosen: tuple[str, ...]) -> "Table":
    """The table of some columns, and of that by which it is sorted."""
    words = [word for word in dict.fromkeys((*chosen, view.sort or NAME)) if word in CHOICES]
    columns = [CHOICES[word].made(found) for word in words]
    if not view.columns:
        columns.append(trainable_column(found.params))
    made = table(
        found.network,
        _title(found),
        columns,
        depth=view.depth,
        remark=frozen_words(found.params),
    )
    if view.sort is None:
        return made
    from archcalc.render.sorting import by_words, largest_first

    if view.sort not in CHOICES:
        return by_words(made, None if view.sort == NAME else 0)
    at, size = words.index(view.sort) + 1, CHOICES[view.sort].size
    return by_words(made, at) if size is None else largest_first(made, at, size)


def _untyped(found: "Table") -> "Table":
    """Without the types of layers, for machines too."""
    made = found.without("Type")
    return replace(
        made,
        rows=tuple(replace(row, raw=row.raw[1:]) for row in made.rows),
        keys=(found.keys[0], *found.keys[2:]),
    )


def _title(found: "Summary") -> str:
    batch, dtype = found.setting.batch, found.setting.dtype
    own = [f"N = {batch:,}"] if batch > 1 else []
    return ", ".join([title_of(found.network), *own, *([dtype] if dtype else [])])


def _footer(found: "Summary") -> "Iterator[str]":
    """Totals and sizes in the order of torchinfo, what they are, and where its own differ."""
    counted, bytes_of, work = found.params, found.footprint, found.of_batch
    bound = bound_words(bytes_of.unknown)
    yield f"Total params: {counted.params:,}"
    yield f"Trainable params: {counted.trainable:,}"
    yield f"Non-trainable params: {counted.non_trainable:,}"
    yield f"Total mult-adds: {work.macs:,} ({_in_short(work.macs)}){bound_words(work.unknown)}"
    yield f"Input size: {_exact(bytes_of.inputs)}"
    yield f"Forward/backward pass size: {_exact(bytes_of.kept)}{bound}"
    yield f"Params size: {_exact(bytes_of.held)}"
    yield f"Estimated Total Size: {_exact(bytes_of.total)}{bound}"
    yield from _meanings(found)
    yield from some_params_lines(counted)


def _in_short(count: int) -> str:
    """A count in the units of torchinfo."""
    size, unit = (10**12, "T") if count >= 10**12 else (10**9, "G") if count >= 10**9 else (10**6, "M")
    return f"{count / size:.2f} {unit}"


def megabytes(count: int) -> str:
    """Bytes in millions, as torchinfo has them: ``46.76 MB``."""
    return f"{count / MEGA:,.2f} MB"


def _exact(count: int) -> str:
    return f"{megabytes(count)} ({count:,} bytes)"


def _meanings(found: "Summary") -> "Iterator[str]":
    """What the lines above count, and what torchinfo has in their place where it is something else."""
    counted, bytes_of, work, other = found.params, found.footprint, found.of_batch, found.by_torchinfo
    if any(layer.tied for layer in own_of(counted.layers).values()):
        yield "params: tied tensors count once (torchinfo: in every module that has them)"
    yield macs_line(work, found.setting.batch)
    if other.mult_adds not in (None, work.macs):
        yield f"torchinfo: mult-adds {other.mult_adds:,}, biases and norms among them, attention not"
    yield (
        "forward/backward pass: activations that training keeps, each once, inputs and weights apart;"
        f" a run without gradients has at most {megabytes(bytes_of.peak)} of tensors at once"
    )
    if other.pass_bytes != bytes_of.kept:
        yield f"torchinfo: {megabytes(other.pass_bytes)}, twice the outputs of modules with parameters"
    if other.param_bytes != bytes_of.held:
        yield (
            f"torchinfo: params size {megabytes(other.param_bytes)}: tied tensors in every module, none of"
            " attention and of modules with modules inside"
        )
    yield "estimated total: input, forward/backward pass, params; all of training: archcalc memory --train"
    if counted.buffers:
        yield f"buffers {counted.buffers:,}: {megabytes(bytes_of.buffers)}, not among the params"
