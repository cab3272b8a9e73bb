"""The way back from one layer to another, as a table."""

from typing import TYPE_CHECKING

from archcalc.formulas.windows import effective_kernel
from archcalc.render.cells import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.analyses.way_back import StepBack
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace


def way_back_table(trace: "Trace", steps: "Sequence[StepBack]") -> "Table":
    """From the last layer back to the first: the units of each that one unit of the last reads, and how."""
    known = {step.layer: step for step in steps}
    readers = (known.get(step.readers[0]) if step.readers else None for step in steps)
    rows = (
        (step.layer, step.type, _sizes(step.units), _how(step, reader))
        for step, reader in zip(steps, readers, strict=True)
    )
    title = f"{trace.model}: from {steps[0].layer} back to {steps[-1].layer}"
    footer = ("previous = (next - 1) x stride + dilation x (kernel - 1) + 1",)
    return listed(title, ("Layer", "Type", "Units", "How"), rows, footer, (False, False, True, False))


def _sizes(units: tuple[int, ...]) -> str:
    return str(units[0]) if len(set(units)) == 1 else " x ".join(map(str, units))


def _how(step: "StepBack", reader: "StepBack | None") -> str:
    if reader is None:
        return "the unit itself"
    if len(step.readers) > 1:
        return f"hull of what {', '.join(step.readers)} read"
    texts: list[str] = []
    for following, window, units in zip(reader.units, step.windows, step.units, strict=False):
        if window is None:
            texts.append(f"{units} units that {reader.layer} reads")
        else:
            kernel = effective_kernel(window.kernel, window.dilation)
            texts.append(f"({following} - 1) x {window.stride} + {kernel} = {units}")
    return texts[0] if len(set(texts)) == 1 else "; ".join(texts) or f"what {reader.layer} reads"
