"""How weights are first drawn: torch's own way, or one that is asked for by its name."""

from math import isfinite, prod
from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.formulas.initialisation import fans, kaiming, lecun, orthogonal, truncated, uniform, xavier
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.facts import Shape

DEFAULT = "default"
FANS = ("fan_in", "fan_out")
MAX_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Initialisation:
    """A way to draw first weights.

    Args:
        scheme: its name.
        fan: of kaiming, the side whose sums keep their size.
        number: a deviation, a bound or a factor, where the scheme has one.
    """

    scheme: str
    fan: str = ""
    number: float | None = None

    def __str__(self) -> str:
        end = self.fan or ("" if self.number is None else f"{self.number:g}")
        return f"{self.scheme}:{end}" if end else self.scheme

    @property
    def of_any(self) -> bool:
        """Whether it needs no fans, so that tables and bare parameters can be drawn so, too."""
        return SCHEMES[self.scheme].needs == "number" or self.scheme == "zeros"

    def mean_square(self, shape: "Shape") -> float:
        """E w^2 of a weight of two or more axes, as torch.nn.init draws it."""
        return SCHEMES[self.scheme].square(self, tuple(int(size) for size in shape))


@dataclass(frozen=True, slots=True)
class Scheme:
    """What may stand behind the name (``fan``, ``number``, or nothing), and E w^2 of a shape."""

    needs: str
    square: "Callable[[Initialisation, tuple[int, ...]], float]"
    about: str


def _kaiming(way: Initialisation, shape: tuple[int, ...]) -> float:
    fan_in, fan_out = fans(shape)
    return kaiming(fan_out if way.fan == "fan_out" else fan_in)


def _xavier(way: Initialisation, shape: tuple[int, ...]) -> float:
    return xavier(*fans(shape)) * (way.number or 1.0) ** 2


SCHEMES = {
    "kaiming_normal": Scheme("fan", _kaiming, "2 / fan_in (He et al. 2015), or :fan_out"),
    "kaiming_uniform": Scheme("fan", _kaiming, "the same, from a uniform distribution"),
    "xavier_normal": Scheme("", _xavier, "2 / (fan_in + fan_out) (Glorot & Bengio 2010)"),
    "xavier_uniform": Scheme("", _xavier, "the same, from a uniform distribution"),
    "lecun": Scheme("", lambda _, shape: lecun(fans(shape)[0]), "1 / fan_in (LeCun et al. 1998)"),
    "orthogonal": Scheme(
        "", lambda _, shape: orthogonal(shape), "rows or columns of length 1 at right angles"
    ),
    "normal": Scheme("number", lambda way, _: (way.number or 0.0) ** 2, "a deviation: normal:0.02"),
    "trunc_normal": Scheme(
        "number",
        lambda way, _: truncated(way.number or 0.0),
        "the same, no further than 2: trunc_normal:0.02",
    ),
    "uniform": Scheme("number", lambda way, _: uniform(way.number or 0.0), "from -a to a: uniform:0.05"),
    "zeros": Scheme("", lambda _way, _shape: 0.0, "all 0"),
}
"""Name -> what it draws. Biases of what is drawn so begin at 0."""
SAME = {
    "lecun_normal": "lecun",
    "lecun_uniform": "lecun",
    "kaiming": "kaiming_normal",
    "he": "kaiming_normal",
    "xavier": "xavier_uniform",
    "glorot": "xavier_uniform",
    "he_normal": "kaiming_normal",
}
"""Other names of them."""
LAST = {
    "zero_last_norm": "the scale of the last norm of each residual branch at 0 (Goyal et al. 2017)",
    "zero_last": "the last map of each residual branch at 0",
    "depth_scaled": "the last map of each of L residual branches over sqrt(L) (Radford et al. 2019)",
}
"""What is done to the ends of residual branches, over what else is asked for."""


def initialisation(text: str) -> Initialisation | None:
    """What a name says: ``kaiming_normal:fan_out``, ``trunc_normal:0.02`` ...; None: torch's own.

    Raises:
        Fault: there is no such way, or what stands behind the name does not belong there.
    """
    name, colon, end = text.strip().partition(":")
    name = SAME.get(name, name)
    if name == DEFAULT and not colon:
        return None
    if name not in SCHEMES:
        known = (DEFAULT, *SCHEMES, *LAST)
        raise Fault(f"no initialisation {name!r}", hint=nearest(name, known, f"one of {', '.join(known)}"))
    needs = SCHEMES[name].needs
    if needs == "number":
        return Initialisation(name, number=_number(name, end))
    if not colon:
        return Initialisation(name)
    if needs == "fan" and end in FANS:
        return Initialisation(name, fan=end)
    fits = f"takes {' or '.join(FANS)}" if needs == "fan" else "takes nothing"
    raise Fault(f"{name} {fits} behind the colon, got {end!r}")


def _number(name: str, end: str) -> float:
    try:
        value = float(end) if len(end) <= MAX_DIGITS else float("nan")
    except ValueError:
        value = float("nan")
    if not isfinite(value) or value < 0:
        hint = f"write {name}:0.02"
        raise Fault(f"{name} needs a number from 0 on behind a colon, got {end[:MAX_DIGITS]!r}", hint=hint)
    return value


def first_squares(
    way: Initialisation, weights: "dict[str, Shape]", lookups: "Sequence[str]", own: "dict[str, float]"
) -> dict[str, float]:
    """Mean squares of a layer's first weights, drawn in this way.

    Args:
        way: how.
        weights: name -> shape.
        lookups: those that are tables, which no scheme with fans is for.
        own: mean squares as torch draws them.
    """
    found = dict(own)
    for name, shape in weights.items():
        table = name in lookups or not name
        if table and not way.of_any:
            continue
        if table or (len(shape) > 1 and prod(shape) > 0):
            found[name] = way.mean_square(shape) if len(shape) > 1 else _of_any(way)
        elif "bias" in name or way.scheme == "zeros":
            found[name] = 0.0
    return found


def _of_any(way: Initialisation) -> float:
    return way.mean_square((1, 1))
