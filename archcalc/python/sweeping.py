"""The command that looks at many networks: sweep."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.python.opening import as_model
from archcalc.python.shown import Shown
from archcalc.records import dataclass
from archcalc.sweeping.rows import narrow
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archcalc.python.opening import Network
    from archcalc.render.cells import Table
    from archcalc.sweeping.evaluation import SweepCounts
    from archcalc.sweeping.plan import Plan
    from archcalc.sweeping.running import SweepOutcome


@dataclass(frozen=True, repr=False)
class Sweep(Shown):
    """The networks that a sweep has found, column by column.

    Args:
        columns: variable, size or quantity -> its values, an array of whole numbers where all are.
        failed: the candidates that are no networks: their values, and ``error``.
        counts: what became of all candidates.
        plan: what was asked.
        outcome: what was found, as it was.
    """

    columns: "Mapping[str, NDArray[np.generic]]"
    failed: "Mapping[str, NDArray[np.generic]]"
    counts: "SweepCounts"
    plan: "Plan"
    outcome: "SweepOutcome"
    file: str = ""

    def __getitem__(self, name: str) -> "NDArray[np.generic]":
        """A column."""
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def tables(self) -> "Sequence[Table]":
        """What the command prints."""
        from archcalc.render.sweeping import sweep_table

        return [sweep_table(self.plan, self.outcome, self.file)]


def sweep(
    network: "Network",
    *,
    set: "Mapping[str, object] | None" = None,  # noqa: A002  as the option is called
    input: "Mapping[str, object] | None" = None,  # noqa: A002  as above
    where: str | None = None,
    sort: "str | Iterable[str]" = (),
    columns: "Iterable[str]" = (),
    output: "str | Path | None" = None,
    restart: bool = False,
    jobs: int = 1,
    dask: str | None = None,
) -> Sweep:
    """All combinations of values, as ``archcalc sweep`` has them.

    Args:
        network: a spec, its name, file or data.
        set: variable -> values: several, a ``range``, or as the command line has them, ``"32..256:8"``.
        input: input -> a shape, whose sizes may be ranges (``"3,224..512:32,224"``), or a list of shapes.
        where: which networks are wanted: ``"params < 5M and macs < 1G"``.
        sort: columns to sort by, ``"-macs"``: the largest first.
        columns: quantities; left out: params, macs and receptive_field.
        output: a .csv, .jsonl or .parquet file for all rows; the first ones are given back then.
        restart: begin anew where a sweep into the file was interrupted.
        jobs: processes; more than one need a program that can be imported again, as multiprocessing says.
        dask: the address of a Dask scheduler that hands out the work.

    Raises:
        Fault: something is unknown or malformed.
        SpecError: the spec cannot be read.
    """
    from archcalc.sweeping.asked import space_of
    from archcalc.sweeping.plan import TOP, format_of, planned
    from archcalc.sweeping.running import Running

    if jobs < 1:
        raise Fault(f"jobs needs at least 1, got {jobs}")
    model = as_model(network)
    space = space_of(
        model,
        {name: _values(values) for name, values in (set or {}).items()},
        {name: _shapes(shapes) for name, shapes in (input or {}).items()},
    )
    plan = planned(
        model,
        space,
        columns=[columns] if isinstance(columns, str) else columns,
        where_text=where,
        sort=[sort] if isinstance(sort, str) else sort,
        file=None if output is None else format_of(str(output)),
        top=None if output is None else TOP,
    )
    found = Running(jobs, dask, None if output is None else Path(output), restart).of(plan)
    return swept_arrays(plan, found, "" if output is None else str(output))


def swept_arrays(plan: "Plan", found: "SweepOutcome", file: str = "") -> Sweep:
    """What was found as arrays."""
    failed = found.rows.failed
    good, bad = found.rows.at(~failed), found.rows.at(failed)
    axes = [axis.name for axis in plan.space.axes]
    columns = {name: narrow(column) for name, column in good.columns.items()}
    refused = {name: narrow(bad.columns[name]) for name in axes} | {"error": bad.reasons}
    return Sweep(columns, cast("Mapping[str, NDArray[np.generic]]", refused), found.counts, plan, found, file)


def _values(given: object) -> "list[object]":
    """Values of a variable; a text is read as on the command line."""
    if isinstance(given, str):
        from archcalc.source import scalar

        found = scalar(f"[{given}]") if "," in given and not given.lstrip().startswith("=") else scalar(given)
        return cast("list[object]", found) if isinstance(found, list) and "," in given else [found]
    return list(cast("Iterable[object]", given)) if hasattr(given, "__iter__") else [given]


def _shapes(given: object) -> "list[object]":
    """Shapes of an input: one, or a list of several."""
    if isinstance(given, str) or not isinstance(given, list):
        return [given]
    several = cast("list[object]", given)
    if not several:
        raise Fault(f"needs shapes such as (3, 224, 224), got {shown(several)}")
    return several if any(not isinstance(each, int) for each in several) else [tuple(several)]
