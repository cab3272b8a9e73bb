"""A plot in a file: a picture or a vector drawing."""

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from archcalc.errors import Fault
from archcalc.overwriting import put_over

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archcalc.plotting.figure import Figure, PlotAxis

SUFFIXES = ("png", "svg", "pdf")
MARKERS = "oxs^vD+*"
INCHES = (8.0, 5.0)
DOTS = 150


def write_plot(figure: "Figure", path: "Path") -> None:
    """Draw a figure into a file; its suffix says in which format.

    Args:
        figure: what to draw.
        path: a file, which is written over: all of it or nothing.

    Raises:
        Fault: the suffix is none of ``SUFFIXES``, or nothing can be written there.
        ModuleNotFoundError: matplotlib, which draws it, is not installed.
    """
    suffix = path.suffix.lstrip(".").lower()
    if suffix not in SUFFIXES:
        known = ", ".join(f".{each}" for each in SUFFIXES)
        raise Fault(f"cannot draw into {path.name!r}", hint=f"a plot's file ends with one of {known}")
    library: Any = import_module("matplotlib")  # its types are partial
    canvas: Any = import_module("matplotlib.figure").Figure(figsize=INCHES, dpi=DOTS, layout="constrained")
    _draw(canvas.add_subplot(), figure)
    # The same figure gives the same file: no date, and names of parts that do not change.
    dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    drawn = BytesIO()
    with library.rc_context({"svg.hashsalt": figure.title, "svg.fonttype": "none"}):
        canvas.savefig(drawn, format=suffix, metadata=dated.get(suffix, {}))
    try:
        put_over(path, drawn.getvalue())
    except (OSError, ValueError) as error:
        raise Fault(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None


def _draw(axes: Any, figure: "Figure") -> None:  # noqa: ANN401  the library's own types are partial
    series = figure.shown()
    for index, each in enumerate(series):
        axes.plot(
            [x for x, _ in each.points],
            [y for _, y in each.points],
            linestyle="-" if each.joined else "none",
            marker=MARKERS[index % len(MARKERS)],
            markersize=4,
            label=each.name,
        )
    axes.set_title(figure.title)
    axes.grid(visible=True, alpha=0.3)
    points = [point for each in series for point in each.points]
    _lay(axes.xaxis, axes.set_xscale, figure.x, [x for x, _ in points])
    _lay(axes.yaxis, axes.set_yscale, figure.y, [y for _, y in points])
    if len(figure.series) > 1:
        axes.legend()


def _lay(drawn: Any, scale: Any, axis: "PlotAxis", values: "Sequence[float]") -> None:  # noqa: ANN401  as above
    if axis.log:
        scale("log")
    drawn.set_label_text(axis.name)
    if values:
        ticks = axis.ticks(min(values), max(values))
        drawn.set_ticks(ticks, [axis.written(each) for each in ticks])
        drawn.set_ticks([], minor=True)
