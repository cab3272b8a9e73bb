"""What a plot shows: series of points over two axes, and where the axes have their marks."""

from math import ceil, floor, isfinite, log10

from archcalc.formulas.rounding import ceil_divided
from archcalc.records import dataclass

TICKS = 6
"""Marks that an axis has at most, but for the smallest and largest of a logarithmic one."""
PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
BINARY = ((2.0**50, "Pi"), (2.0**40, "Ti"), (2.0**30, "Gi"), (2.0**20, "Mi"), (2.0**10, "Ki"))


@dataclass(frozen=True, slots=True)
class PlotAxis:
    """One axis.

    Args:
        name: what it shows, with its unit: ``params``, ``memory (bytes)``.
        log: equal ratios are equally far apart; only values above zero can be shown.
        binary: marks are written with KiB's prefixes instead of k, M, G.
    """

    name: str
    log: bool = False
    binary: bool = False

    def placed(self, value: float) -> float:
        """Where a value lies along the axis: itself, or its base-10 logarithm."""
        return log10(value) if self.log else value

    def holds(self, value: float) -> bool:
        """Whether a value has a place on the axis."""
        return isfinite(value) and (value > 0 or not self.log)

    def ticks(self, low: float, high: float) -> tuple[float, ...]:
        """Round values for marks between two values.

        Args:
            low: the smallest value that is shown.
            high: the largest one.
        """
        if not self.log:
            unit = self._unit(high) if self.binary else 1.0
            return tuple(each * unit for each in _linear(low / unit, high / unit))
        exponents = range(floor(log10(low)), ceil(log10(high)) + 1)
        step = ceil_divided(len(exponents), TICKS)
        decades = tuple(10.0**each for each in exponents[::step])
        inside = [each for each in decades if low <= each <= high]
        return tuple(inside) if len(inside) > 1 else _linear(low, high)

    def written(self, value: float) -> str:
        """A value as it stands beside a mark: ``2.5 M``."""
        unit = self._unit(value)
        prefix = dict(BINARY if self.binary else PREFIXES).get(unit)
        return f"{value / unit:.4g} {prefix}" if prefix else f"{value:.4g}"

    def _unit(self, value: float) -> float:
        """The largest unit that a value has one of."""
        prefixes = BINARY if self.binary else PREFIXES
        return next((unit for unit, _ in prefixes if abs(value) >= unit), 1.0)


def _linear(low: float, high: float) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    if high <= low:
        return (low,)
    rough = (high - low) / TICKS
    decade = 10.0 ** floor(log10(rough))
    step = decade * next(each for each in (1, 2, 5, 10) if each * decade >= rough * (1 - 1e-9))
    found = tuple(each * step for each in range(ceil(low / step), floor(high / step) + 1))
    return found or (low, high)


@dataclass(frozen=True, slots=True)
class PlotSeries:
    """Points that belong together.

    Args:
        name: as the legend has it.
        points: (x, y) in the units of the axes.
        joined: a line joins them in their order.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot.

    Args:
        title: the line above it.
        x: the axis below.
        y: the axis at the left.
        series: what is drawn, the first one at the bottom.
    """

    title: str
    x: PlotAxis
    y: PlotAxis
    series: tuple[PlotSeries, ...]

    def shown(self) -> "tuple[PlotSeries, ...]":
        """The series without the points that have no place on an axis."""
        return tuple(
            PlotSeries(each.name, tuple(p for p in each.points if self._holds(*p)), joined=each.joined)
            for each in self.series
        )

    def left_out(self) -> int:
        """How many points have no place: not finite, or not above zero on a logarithmic axis."""
        return sum(not self._holds(*point) for each in self.series for point in each.points)

    def _holds(self, x: float, y: float) -> bool:
        return self.x.holds(x) and self.y.holds(y)
