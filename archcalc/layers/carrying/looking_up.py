"""Tables, positions and tensors of the network's own: numbers that samples have in common."""

from dataclasses import replace
from math import cos, sin
from typing import TYPE_CHECKING

from archcalc.moments import Moments, Propagated, Unruled, by_gain, handed_on, nothing_back

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn

MOST = 64
"""Pairs of features of which each is looked at; of more an even choice is."""
UNSAID = "torch has no first numbers for a bare Parameter: taken as 0, as long as no `init` says them"


def carried_rows(read: "tuple[Arrived, ...]", drawn: "Drawn", rows: int) -> Propagated | Unruled:
    """A random row for every token, of which two are the same now and then."""
    square = drawn.get("weight")
    if square is None:
        return Unruled("nobody says how its weights are first drawn")
    same = square / rows
    return Propagated((Moments(square, same, same),), nothing_back(len(read)))


def waves(positions: int, base: float, features: int) -> float:
    """What two positions have in common of sines and cosines: the mean of the cosine of their turn.

    |mean_t e^(i t w)|^2 of all wavelengths w = base^(-2 i / D).
    """
    pairs = max(1, features // 2)
    step = max(1, pairs // MOST)
    chosen = range(0, pairs, step)
    found = 0.0
    for pair in chosen:
        turn = _frequency(base, pair, features) / 2
        whole = positions * sin(turn)
        found += 1.0 if abs(whole) < 1e-12 else (sin(positions * turn) / whole) ** 2  # noqa: PLR2004  no turn at all
    return found / len(chosen)


def _frequency(base: float, pair: int, features: int) -> float:
    """How far a sine turns from one position to the next: w = base^(-2 i / D)."""
    return float(base ** (-2 * pair / features))


def carried_waves(read: "tuple[Arrived, ...]", base: float) -> Propagated | Unruled:
    """Sines and cosines are added."""
    state, shape = read[0].state, read[0].tensor.shape
    if state is None:
        return Unruled("it reads no real numbers")
    positions, features = int(shape[-2]), int(shape[-1])
    step = max(1, positions // MOST)
    means = [_mean_of_waves(place, base, features) for place in range(0, positions, step)]
    after = replace(
        state,
        square=state.square + 1 / 2 + 2 * state.mean * sum(means) / len(means),
        common=state.common + waves(positions, base, features) / 2,
        shared=state.shared + 1 / 2,
        mean=state.mean + sum(means) / len(means),
        made=None,
        source="",
    )
    return Propagated((after,), handed_on)


def _mean_of_waves(place: int, base: float, features: int) -> float:
    """The mean over the features at one position."""
    pairs = max(1, features // 2)
    chosen = range(0, pairs, max(1, pairs // MOST))
    turns = [place * _frequency(base, pair, features) for pair in chosen]
    return sum(sin(turn) + cos(turn) for turn in turns) / (2 * len(turns))


def carried_table(read: "tuple[Arrived, ...]", square: float | None) -> Propagated | Unruled:
    """A row for every position is added, the same one in all samples."""
    state = read[0].state
    if state is None:
        return Unruled("it reads no real numbers")
    own = square or 0.0
    after = replace(
        state,
        square=state.square + own,
        shared=state.shared + own,
        made=None,
        source="",
        doubt=state.doubt or ("" if square is not None else UNSAID),
    )
    return Propagated((after,), handed_on)


def carried_turns(read: "tuple[Arrived, ...]", heads: int, share: float, base: float) -> Propagated | Unruled:
    """Pairs of features are turned by angles that grow with the position."""
    state, shape = read[0].state, read[0].tensor.shape
    if state is None:
        return Unruled("it reads no real numbers")
    left = 1 - share + share * waves(int(shape[-2]), base, max(2, int(shape[-1] // heads * share)))
    after = replace(state, common=state.common * left, made=None, source="")
    return Propagated((after,), by_gain(1.0, left))


def carried_tokens(read: "tuple[Arrived, ...]", square: float | None, tokens: int) -> Propagated | Unruled:
    """Some vectors of its own before a sequence."""
    state = read[0].state
    if state is None:
        return Unruled("it reads no real numbers")
    steps = int(read[0].tensor.shape[0])
    share = steps / (steps + tokens)
    added = (square or 0.0) * (1 - share)
    after = replace(
        state,
        square=state.square * share + added,
        common=state.common * share**2,
        shared=state.shared * share + added,
        mean=state.mean * share,
        made=None,
        source="",
        doubt=state.doubt or ("" if square is not None else UNSAID),
    )
    return Propagated((after,), handed_on)


def carried_own(square: float | None) -> Propagated | Unruled:
    """A tensor that reads nothing, the same for all samples."""
    own = square or 0.0
    state = Moments(own, own if square is None else 0.0, own, doubt="" if square is not None else UNSAID)
    return Propagated((state,), nothing_back(0))


def carried_terms(read: "tuple[Arrived, ...]", drawn: "Drawn") -> Propagated | Unruled:
    """Terms on scores, looked up by distance: of what arrives only the lengths count."""
    square = drawn.get("weight")
    if square is None:
        return Unruled("nobody says how its weights are first drawn")
    return Propagated((Moments(square, 0.0, square),), nothing_back(len(read)))
