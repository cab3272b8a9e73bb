"""A plot in characters, as a terminal shows it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from archcalc.printable import guarded, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.plotting.figure import Figure, PlotAxis

HEIGHT = 20
"""Lines of a plot with its axes."""
WIDEST = 80
NARROWEST = 40
MARKERS = ("•", "x", "+", "o", "#", "*", "=", "%")
"""Told apart without colours; a ninth series begins again."""


def plot_text(figure: "Figure", width: int) -> str:
    """A figure as lines of plain characters, its legend below.

    Args:
        figure: what to draw.
        width: characters of a line.

    Raises:
        ModuleNotFoundError: plotext, which draws it, is not installed.
    """
    library: Any = import_module("plotext")  # it has no types
    series = figure.shown()
    points = [point for each in series for point in each.points]
    if not points:
        return f"{one_line(figure.title)}: nothing to plot\n"
    drawn = library.figure
    drawn.clear()
    drawn.theme("colorless")
    drawn.plot_size(max(NARROWEST, min(width, WIDEST)), HEIGHT)
    drawn.title(one_line(figure.title))
    _lay(drawn, "x", figure.x, [x for x, _ in points])
    _lay(drawn, "y", figure.y, [y for _, y in points])
    for index, each in enumerate(series):
        if each.points:
            xs = [figure.x.placed(x) for x, _ in each.points]
            ys = [figure.y.placed(y) for _, y in each.points]
            signal = drawn.signal(xs, ys, marker=MARKERS[index % len(MARKERS)])
            drawn.draw(signal.lines() if each.joined else signal)
    lines: list[str] = library.uncolorize(drawn.build().string()).splitlines()
    return guarded("".join(f"{line.rstrip()}\n" for line in [*lines, *_legend(figure)] if line.strip()))


def _lay(drawn: Any, name: str, axis: "PlotAxis", values: "Sequence[float]") -> None:  # noqa: ANN401  as above
    low, high = min(values), max(values)
    ticks = axis.ticks(low, high)
    ruler = drawn.ruler(name)
    ruler.ticks([axis.placed(each) for each in ticks], [axis.written(each) for each in ticks])
    around = 0 if low < high else 1  # a lone value stands in the middle
    ruler.lim(axis.placed(low) - around, axis.placed(high) + around)
    drawn.label(one_line(axis.name), name)


def _legend(figure: "Figure") -> "list[str]":
    named = [f"{MARKERS[at % len(MARKERS)]} {one_line(each.name)}" for at, each in enumerate(figure.series)]
    lines = ["  " + "   ".join(named)] if len(named) > 1 else []
    if gone := figure.left_out():
        lines.append(f"  {gone} {'point has' if gone == 1 else 'points have'} no place on these axes")
    return lines
