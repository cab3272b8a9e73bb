"""Attention as its inputs are first projected: means of values, with weights that hardly differ."""

from typing import TYPE_CHECKING

from archcalc.formulas.initialisation import kaiming, xavier
from archcalc.formulas.propagation import attended, leaning, spread_behind
from archcalc.moments import Gradient, Moments, Propagated, Unruled
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.attended import Attention
    from archcalc.facts import Facts, Shape
    from archcalc.moments import Arrived, Drawn

JOINED = ("in_proj_weight", "qkv.weight")
"""Names of weights that project to queries, keys and values at once."""
MOST = 512
"""Positions of a causal mask of which each is looked at; of more an even choice is."""


class Mixing(NamedTuple):
    """What attention does to values.

    Args:
        square: E sum_j a_j^2 over the keys of a query.
        common: E sum_j a_j a'_j for two queries.
        leans: what the means lean to what they ask for, as a share of the values' own part.
        leans_common: the same that two queries have in common.
        scored: E sum_j a_j^2 (1 - a_j)^2, what of a gradient goes by the scores.
        together: the same of what keys and values have in common as they are made of the same numbers.
        columns: mean square of sum_i a_ij over the queries i that ask a key.
        varying: variance of sum_j a_j^2 from query to query: under a causal mask the first ones ask few keys.
    """

    square: float
    common: float
    leans: float
    leans_common: float
    scored: float
    together: float
    columns: float
    varying: float


class Streams(NamedTuple):
    """Queries, keys and values as attention reads them, and how many features what they are made of has."""

    query: Moments
    key: Moments
    value: Moments
    width: int


class Backwards(NamedTuple):
    """Gradients of queries, keys and values."""

    query: Gradient
    key: Gradient
    value: Gradient


def mixing(
    found: "Attention",
    streams: Streams,
    scale: float | None = None,
    terms: Moments | None = None,
    dropped: float = 0.0,
) -> Mixing:
    """How the weights of attention first are: scores are normal, of queries, keys and terms.

    ``dropped``: the share of the weights that training leaves out, the others over 1 - p.
    """
    per_score = 1.0 if scale is None else scale**2 * found.head_dim
    apart = max(0.0, streams.key.square - streams.key.common) * per_score
    scores, alike = streams.query.square * apart, max(0.0, streams.query.common) * apart
    if terms is not None:
        scores, alike = scores + terms.square, alike + terms.common
    seen = _seen(found)
    count = len(seen)
    pairs = _pairs(found)
    own = [attended(scores, keys) for keys in seen]
    grown = 1 / (1 - dropped) if dropped < 1 else 0.0
    varying = max(0.0, sum(each**2 for each in own) / count - (sum(own) / count) ** 2)
    return Mixing(
        sum(own) / count * grown,
        attended(alike, pairs),
        sum(leaning(scores, streams.width, keys) for keys in seen) / count,
        leaning(alike, streams.width, pairs),
        sum(each * (1 - each) for each in own) / count * grown,
        sum((1 - each) ** 2 for each in own) / count,
        _columns(seen) if found.causal and found.window is None else 1.0,
        varying * grown**2,
    )


def _columns(seen: "list[float]") -> float:
    """Mean square of sum_(i >= j) 1 / i over the keys j: the first ones are asked by all."""
    total = square = 0.0
    step = seen[1] - seen[0] if len(seen) > 1 else 1.0
    for keys in reversed(seen):
        total += step / keys
        square += total**2
    return square / len(seen)


def _terms(read: "tuple[Arrived, ...]") -> Moments | None:
    """Real numbers that are added to the scores."""
    given = read[3:]
    return given[0].state if given else None


def _seen(found: "Attention") -> "list[float]":
    """Keys that each query asks."""
    keys, window = int(found.keys), found.window
    if not found.causal:
        return [float(min(keys, window or keys))]
    step = max(1, keys // MOST)
    return [float(min(place, window or place)) for place in range(1, keys + 1, step)]


def _pairs(found: "Attention") -> float:
    """Over how many keys two queries share their attention: under a causal mask those that both may ask."""
    keys = int(found.keys)
    return (keys + 1) / 2 if found.causal else float(keys)


def _mixed(streams: Streams, how: Mixing) -> Moments:
    """The mean of the values."""
    value = streams.value
    own = max(0.0, value.square - value.common)
    square = value.common + own * min(max(1.0, how.square), how.square + how.leans)
    return Moments(
        square,
        min(square, value.common + own * (how.common + how.leans_common)),
        min(square, value.shared),
        spread=value.spread,
        places=own**2 * how.varying / square**2 if square else 0.0,
    )


def backwards(found: "Attention", streams: Streams, how: Mixing, gradient: Gradient) -> Backwards:
    """The gradient of the mean, by values and by scores.

    A value gets that of every query, weighed: sum a^2 of what the queries have for themselves, all of what
    they have in common. By the scores a query gets what values and keys are apart, of a few keys by their
    number, and of many by the features, since keys and values are made of the same.
    """
    query, key, value, width = streams
    asking = found.queries / found.keys
    sharing = found.heads / found.kv_heads
    alone = max(0.0, gradient.square - gradient.common)
    joined = asking**2 * gradient.common
    shared = joined * how.columns
    alike = asking * how.common * alone + joined
    to_value = Gradient(sharing * (asking * how.square * alone + shared), sharing * alike)
    apart = max(0.0, value.square - value.common)
    keys_apart = max(0.0, key.square - key.common)
    to_query = gradient.times(apart * keys_apart * (how.scored + how.together / width))
    scored = asking * how.scored * gradient.square * query.square
    common = joined * query.common * how.scored
    to_key = Gradient(sharing * apart * (scored + common), 0.0)
    return Backwards(to_query, to_key, to_value)


def carried_attention(
    read: "tuple[Arrived, ...]", facts: "Facts", scale: float | None, dropped: float
) -> Propagated | Unruled:
    """Attention without projections of its own, on queries, keys and values."""
    found, states = facts.attention, [each.state for each in read[:3]]
    query, key, value = states if len(states) == 3 else (None, None, None)  # noqa: PLR2004  q, k, v
    if found is None or query is None or key is None or value is None:
        return Unruled("it reads no real numbers")
    streams = Streams(query, key, value, found.heads * found.head_dim)
    how = mixing(found, streams, scale, _terms(read), dropped)

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        three = backwards(found, streams, how, gradients[0])
        return (*three, *(Gradient(0.0, 0.0) for _ in read[3:]))

    return Propagated((_mixed(streams, how),), back)


class Projection(NamedTuple):
    """A map of the features of a position: variance of its weights, of its bias, and its sizes."""

    weight: float
    shift: float
    arriving: int
    features: int

    def of(self, state: Moments) -> Moments:
        """What it makes of numbers."""
        gain = self.weight * self.arriving
        square = gain * state.square + self.shift
        share = 1 - self.shift / square if square else 0.0
        return Moments(
            square,
            gain * state.common + self.shift,
            gain * state.shared + self.shift,
            spread=spread_behind(state.spread, state.fourth, self.arriving),
            places=state.places * share**2,
        )

    def back(self, gradient: Gradient) -> Gradient:
        """What it makes of a gradient."""
        return gradient.times(self.weight * self.features)


def carried_multihead(
    read: "tuple[Arrived, ...]", facts: "Facts", drawn: "Drawn", dropped: float
) -> Propagated | Unruled:
    """Attention between its projections."""
    found, states = facts.attention, [each.state for each in read[:3]]
    if found is None or any(each is None for each in states):
        return Unruled("it reads no real numbers")
    projections = _projections(read, facts, drawn)
    if isinstance(projections, Unruled):
        return projections
    if found.added:
        return Unruled("it adds keys and values of its own, of which nobody says what they are")
    arriving = [each for each in states if each is not None]
    query, key, value = (arriving[0], arriving[min(1, len(arriving) - 1)], arriving[-1])
    asking, keys, values, out = projections
    streams = Streams(asking.of(query), keys.of(key), values.of(value), keys.arriving)
    how = mixing(found, streams, None, _terms(read), dropped)
    after = _mixed(streams, how)
    alike = len(arriving)

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        three = backwards(found, streams, how, out.back(gradients[0]))
        ways = [projection.back(each) for projection, each in zip(projections, three, strict=False)]
        return (*_by_input(ways, alike), *(Gradient(0.0, 0.0) for _ in read[3:]))

    weights = (Moments(how.square / found.keys, 1 / found.keys**2, 1 / found.keys**2, 1 / found.keys),)
    return Propagated((out.of(after), *weights * (len(facts.outputs) - 1)), back)


def _by_input(ways: "list[Gradient]", inputs: int) -> "list[Gradient]":
    """Gradients of queries, keys and values, added where one input is read as several."""
    query, key, value = ways
    if inputs == 1:
        return [_added(_added(query, key), value)]
    return [query, _added(key, value)] if inputs == 2 else [query, key, value]  # noqa: PLR2004  query, memory


def _added(one: Gradient, other: Gradient) -> Gradient:
    return Gradient(one.square + other.square, one.common + other.common)


def _projections(
    read: "tuple[Arrived, ...]", facts: "Facts", drawn: "Drawn"
) -> "tuple[Projection, ...] | Unruled":
    """Of queries, keys, values and the result, as torch names them, joined or apart."""
    last = "proj" if "proj.weight" in facts.weights else "out_proj"
    out = facts.weights[f"{last}.weight"]
    widths = [each.tensor.shape[-1] for each in read[:3]]
    arriving = (widths[0], widths[min(1, len(widths) - 1)], widths[-1])
    found: list[Projection] = []
    for letter, width in zip("qkv", arriving, strict=True):
        names = (*JOINED, f"{letter}_proj_weight", f"{letter}_proj.weight")
        name = next(each for each in names if each in facts.weights)
        shift = drawn.get(f"{letter}_proj.bias", drawn.get("in_proj_bias", drawn.get("qkv.bias", 0.0)))
        if name not in drawn:
            return Unruled("nobody says how its weights are first drawn")
        rows = facts.weights[name][0]
        found.append(Projection(drawn[name], shift, width, rows // 3 if name in JOINED else rows))
    if f"{last}.weight" not in drawn:
        return Unruled("nobody says how its weights are first drawn")
    return *found, Projection(drawn[f"{last}.weight"], drawn.get(f"{last}.bias", 0.0), out[1], out[0])


def first_projections(weights: "Mapping[str, Shape]") -> "Drawn":
    """Mean squares of the weights of projections, and of their biases, as torch's module draws them."""
    found: Drawn = {}
    for name, shape in weights.items():
        if name.endswith("proj_weight"):
            found[name] = xavier(shape[1], shape[0])
        elif name.endswith(".weight"):
            found[name] = kaiming(shape[1], 1 / 3)
        elif name in ("in_proj_bias", "out_proj.bias") and "out_proj.weight" in weights:
            joined = any(each.endswith("proj_weight") for each in weights)
            found[name] = 0.0 if joined else kaiming(weights["out_proj.weight"][1], 1 / 3)
        elif name.endswith(".bias"):
            found[name] = kaiming(weights[name.replace(".bias", ".weight")][1], 1 / 3)
    return found
