"""How layers carry second moments: q = E x^2 forwards, and that of the gradient backwards.

Source: He et al., Delving Deep into Rectifiers, 2015 (arXiv 1502.01852), section 2.2; Yang & Schoenholz, Mean
Field Residual Networks, 2017 (arXiv 1712.08969); Hanin, Which Neural Net Architectures Give Rise to Exploding
and Vanishing Gradients, 2018 (arXiv 1801.03744).
"""

from math import exp, inf, log

AHEAD = 48
"""W's by which one way of a pair is ahead of the other at most: pairs further apart hardly meet again."""


def inside_share(size: int, outputs: int, stride: int, offset: int) -> float:
    """Share of outputs o = 0 .. outputs - 1 whose input o stride + offset lies in 0 .. size - 1."""
    if outputs < 1:
        return 0.0
    if stride < 1:
        return float(0 <= offset < size)
    first = max(0, -(offset // stride))
    last = min(outputs - 1, (size - 1 - offset) // stride)
    return max(0, last - first + 1) / outputs


def square_of_sum(count: float, square: float, common: float) -> float:
    """E (x_1 + ... + x_n)^2 = n q + n (n - 1) p, where two of them have p in common."""
    return count * square + count * (count - 1) * common


def spread_behind(spread: float, fourth: float, units: float) -> float:
    """How far the size of a sum varies from draw to draw: v + (kurtosis - 1) / n, over all units."""
    return spread + (fourth - 1) / units


def centred(square: float, shared: float, count: float) -> float:
    """Variance of numbers about their mean over ``count`` of them, of which two have ``shared`` in common."""
    return (square - shared) * (1 - 1 / count)


def norm_gain(variance: float, eps: float, count: float, taken: int) -> float:
    """What x / sqrt(v + eps) does to the square of a gradient.

    1 / (v + eps), less the parts along the ones (where the mean is taken off: ``taken`` is 2, else 1) and
    along x itself, which the normalisation takes out: 1 of ``count`` directions each.
    """
    total = variance + eps
    lost = (taken - 1 + variance / total) / count
    return max(0.0, 1 - lost) / total if total else 0.0


def attended(scores: float, keys: float) -> float:
    """E sum_j a_j^2 of weights a = softmax(s) over so many keys, s normal of variance ``scores``.

    exp(v) / (n - 1 + exp(v)): 1 of one key, exp(v) / n of many.
    """
    grown = exp(min(scores, 600.0))
    return grown / (max(keys, 1.0) - 1 + grown)


def leaning(scores: float, width: int, keys: float) -> float:
    """How far the mean that attention takes leans to what it asks for, beside ``attended``.

    Weights that follow from normal keys shift the mean of what they weigh: along one direction of ``width``
    by a square that is the variance of the scores (the mean of x exp(u x) over that of exp(u x) is u for a
    standard normal x). Of few keys their own mean takes a share back.
    """
    return scores / width * (1 - attended(scores, keys))


def walk_of_gradients(kept: float, varying: float, steady: float, fresh: float, steps: int) -> "list[float]":
    """Natural logarithms of a gradient's mean square, 0 .. n steps back through a recurrence.

    dh_(t - 1) = (a_t + D_t W) dh_t, whose matrix W is the same at every step. Its square is a sum over pairs
    of ways, of which those with equally many W's count: sum_k C(n, k)^2 a^2(n - k) r^2k where a and D are
    numbers. A pair is told by how many W's one way is ahead of the other: both keep (a^2, and what a varies)
    or both take W (r^2, and while they are in step what D varies), or one takes it and one keeps (a r).

    Args:
        kept: a, the mean factor of a unit's own past.
        varying: the variance of a from step to step.
        steady: r^2, mean square of what the map makes of a gradient with the mean of D.
        fresh: what it makes of it beside, by what D varies from step to step.
        steps: n.
    """
    ways = [0.0] * (2 * AHEAD + 1)
    ways[AHEAD] = 1.0
    stays, leaves, scale = kept**2 + varying + steady, kept * steady**0.5, 0.0
    found = [0.0]
    for _ in range(steps):
        padded = [0.0, *ways, 0.0]
        ways = [
            stays * here + leaves * (before + after)
            for before, here, after in zip(padded, ways, padded[2:], strict=False)
        ]
        ways[AHEAD] += fresh * padded[AHEAD + 1]
        if ways[AHEAD] <= 0:
            return [*found, -inf]
        largest = max(ways)
        ways, scale = [way / largest for way in ways], scale + log(largest)
        found.append(scale + log(ways[AHEAD]))
    return found
