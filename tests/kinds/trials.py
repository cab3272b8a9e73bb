"""A torch module tried on numbers: what it really does to them, for comparison with what its kind states."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from archcalc.bridge.table import called as run
from archcalc.facts import FEATURES, Facts
from archcalc.layers.base import Layer
from archcalc.layers.mathematics import ANYTHING, Ends, Merge, Passing, Statistics
from archcalc.layers.registry import kind
from tests.kinds.drawing import Sample
from tests.kinds.test_against_torch import inferred
from tests.kinds.torch_modules import REFUSALS, module

BATCH = 3
CLOSE = 1e-7
LARGE = 1e3
"""Numbers beside which what norms add to a variance is nothing."""
SPREAD = 100.0
"""Of numbers to be divided, so large that an epsilon beside their square is nothing."""
POSITIVE = {"Log", "Log1p", "Sqrt", "Rsqrt", "Reciprocal", "Pow", "Power"}
"""Kinds that have no image, or no real one, of negative numbers."""
RANGES: tuple[Ends, ...] = ((-3.0, 3.0), (0.0, 2.0), (-2.0, 0.0), (1.0, 2.0))


@dataclass(frozen=True, slots=True)
class Trial:
    """A layer, its torch module with random weights, and random numbers for it in double precision.

    Args:
        layer: the kind's record.
        facts: what it states on the sample.
        torch: the module.
        read: its inputs.
    """

    layer: Layer
    facts: Facts
    torch: nn.Module
    read: tuple[Tensor, ...]

    def __call__(self, first: Tensor | None = None, *others: Tensor, seed: int = 0) -> tuple[Tensor, ...]:
        """The outputs that are real numbers; the same seed draws the same numbers."""
        read = (self.read[0] if first is None else first, *(others or self.read[1:]))
        seeded(seed)
        with torch.no_grad(), warnings.catch_warnings(action="ignore"):
            outputs = run(self.torch, *(tensor.clone() for tensor in read))
        return tuple(output for output in outputs if output.is_floating_point())

    def first(self, *read: Tensor, seed: int = 0) -> Tensor:
        """The first output."""
        return self(*read, seed=seed)[0]

    @property
    def mixed(self) -> int:
        """The axis, with the batch, whose numbers it mixes."""
        return 1 + next(axis for axis, read in enumerate(self.facts.reads[0]) if read.reach == FEATURES)


def trials(name: str, sample: Sample) -> Iterator[Trial]:
    """The sample in training and at inference; nothing where it is refused or reads no real numbers."""
    joined = kind(name).merges or kind(name).pairs_axes
    reals = ["float32" if joined or "int" not in d else d for _, d in sample.arriving]
    masks = ["bool" if d == "bool" else real for (_, d), real in zip(sample.arriving, reals, strict=True)]
    found = [(each, inferred(name, each)) for each in map(sample.with_dtypes, (reals, masks))]
    real, facts = next((each for each in found if not isinstance(each[1], str)), found[0])
    if (
        isinstance(facts, str)
        or facts.macs is None
        or not real.shapes
        or not real.arriving[0][1].startswith("float")
    ):
        return
    if name == "Cast":  # it rounds
        return
    nodes = sample.shapes[0][0] if "Conv" in name else 1
    first, *others = (_numbers(shape, dtype, nodes) for shape, dtype in real.arriving)
    # Weights of edges are positive, whose square roots are taken.
    read = (first, *(other.abs() if "Conv" in name else other for other in others))
    if name in POSITIVE:
        read = tuple(each.abs() + CLOSE for each in read)
    for training in (True, False):
        seeded(1)
        layer = module(name, real).double()
        for weight in layer.parameters():
            nn.init.uniform_(weight, 0.5, 1.5)
        made = Trial(kind(name).model_validate(real.arguments), facts, layer.train(training), read)
        try:
            real_numbers = made()
        except REFUSALS:  # a mean of one number
            continue
        if real_numbers:
            yield made


def seeded(seed: int) -> None:
    """Let torch draw the numbers of this seed from here on."""
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]  torch leaves its argument untyped


def _numbers(shape: tuple[int, ...], dtype: str, nodes: int) -> Tensor:
    if dtype.startswith("float"):
        return torch.randn(BATCH, *shape, dtype=torch.float64)
    if dtype == "bool":
        return torch.rand(BATCH, *shape) < 0.5
    return torch.randint(0, nodes, (1, *shape)).expand(BATCH, *shape)


def between(ends: Ends, like: Tensor) -> Tensor:
    """Numbers from one end to the other, about half of them at an end, where sums of several are largest."""
    if not like.is_floating_point():
        return like
    drawn = torch.empty_like(like).uniform_(-0.5, 1.5).clamp(0, 1)
    return ends[0] + (ends[1] - ends[0]) * drawn


def alike(one: Tensor, other: Tensor, within: float = CLOSE) -> bool:
    """Whether two tensors are equal to rounding."""
    return one.shape == other.shape and torch.allclose(one, other, rtol=within, atol=within)


def keeps_to_image(trial: Trial) -> bool:
    """Whether every number of the first output lies in the image of the ends of the inputs."""
    for ends in RANGES:
        low, high = trial.layer.image(*(ends for _ in trial.read))
        found = trial.first(*(between(ends, tensor) for tensor in trial.read))
        if found.numel() and (found.min() < low - CLOSE or found.max() > high + CLOSE):
            return False
    return True


def is_linear(trial: Trial) -> bool:
    """Whether f(2 x - 3 y) = 2 f(x) - 3 f(y), but for what it makes of zeros."""
    x = trial.read[0]
    y = torch.flip(x, (0,)) * 1.7 + 0.3
    zero, at_x, at_y, both = (trial(each) for each in (x * 0, x, y, 2 * x - 3 * y))
    return all(
        alike(d - a, 2 * (b - a) - 3 * (c - a)) for a, b, c, d in zip(zero, at_x, at_y, both, strict=True)
    )


def regroups(trial: Trial) -> bool:
    """Whether the only output has the numbers of the first input, each once."""
    outputs = trial()
    found = outputs[0].flatten()
    return (
        len(outputs) == 1
        and found.numel() == trial.read[0].numel()
        and alike(found.sort().values, trial.read[0].flatten().sort().values, 0)
    )


def chooses(trial: Trial, *constants: float) -> bool:
    """Whether each number of the outputs is among those of the first input, or one of some constants."""
    known = torch.cat([trial.read[0].flatten(), torch.tensor(constants, dtype=torch.float64)])
    return all(bool(torch.isin(output, known).all()) for output in trial())


def averages(trial: Trial) -> bool:
    """Whether it is linear and makes 1 of ones."""
    ones = torch.ones_like(trial.read[0])
    return is_linear(trial) and all(alike(output, torch.ones_like(output)) for output in trial(ones))


def passes(trial: Trial, stated: Passing) -> bool:
    """Whether it hands numbers on as stated; constants are those of a padding, which its image shows."""
    if stated is Passing.REGROUPED:
        return regroups(trial)
    if stated is Passing.CHOSEN:
        return chooses(trial, *(end for x in (1.0, 2.0) for end in _image_of(trial, x) if end != x))
    return averages(trial) if trial.layer.image((1, 1)) in ((1, 1), ANYTHING) else is_linear(trial)


def _image_of(trial: Trial, x: float) -> Ends:
    """Between which numbers the first output lies where every input is this number."""
    return trial.layer.image(*((x, x) for _ in trial.read))


def is_pointwise(trial: Trial) -> bool:
    """Whether a number of the first output changes with the one at its own place alone."""
    (x, *_), before = trial.read, trial.first()
    if before.shape != x.shape:
        return False
    changed = x.flatten().clone()
    changed[0] += 1.0
    return alike(trial.first(changed.view_as(x)).flatten()[1:], before.flatten()[1:])


def is_homogeneous(trial: Trial) -> bool:
    """Whether f(c x) = c f(x)."""
    x = trial.read[0]
    return all(alike(trial.first(c * x), c * trial.first(x)) for c in (0.3, 5.0))


def ignores_scale(trial: Trial) -> bool:
    """Whether it gives the same of large numbers and of larger ones."""
    one, other = (
        trial.first(*(t * c if t.is_floating_point() else t for t in trial.read)) for c in (1e6, 3e6)
    )
    limits = torch.tensor([0.0, 1.0]).double()  # where a softmax ends
    return alike(one, other, 1e-5) and not bool(torch.isin(one.round(decimals=5), limits).all())


def normalizes(trial: Trial, stated: Statistics) -> bool:
    """Whether the mean square of the stated numbers is 1, and their mean 0 where it is subtracted."""
    for name, weight in trial.torch.named_parameters():
        nn.init.constant_(weight, 1.0 if name == "weight" else 0.0)
    x = LARGE * trial.read[0]
    found = trial.first(x)
    if stated is Statistics.NEIGHBOURS:
        gain = found / x
        return bool((gain > 0).all()) and bool((trial.first(2 * x) / (2 * x) <= gain).all())
    of: dict[Statistics, Callable[[Tensor], Tensor]] = {
        Statistics.BATCH: lambda t: t.transpose(0, 1).flatten(1),
        Statistics.CHANNEL: lambda t: t.reshape(BATCH * t.shape[1], -1),
        Statistics.GROUP: lambda t: t.reshape(BATCH * int(getattr(trial.layer, "num_groups", 1)), -1),
        Statistics.FEATURES: lambda t: t.reshape(-1, _sizes(trial)),
    }
    rows = of[stated](found)
    varied = of[stated](x).std(1, correction=0) > SPREAD if rows.shape[1] > 1 else torch.zeros(len(rows)) > 0
    centred = stated in (Statistics.BATCH, Statistics.CHANNEL, Statistics.GROUP)
    right = alike(rows.square().mean(1)[varied], torch.ones_like(rows[varied, 0]), 1e-3)
    return right and (not centred or alike(rows.mean(1), torch.zeros_like(rows[:, 0]), 1e-6))


def _sizes(trial: Trial) -> int:
    """Numbers of the last axes that a norm takes together."""
    sizes = getattr(trial.layer, "normalized_shape", None) or trial.read[0].shape[-1]
    return int(torch.tensor(sizes).prod())


def merges(trial: Trial, stated: Merge) -> bool:
    """Whether it joins its inputs as stated."""
    if len(trial.read) == 1 or not all(tensor.is_floating_point() for tensor in trial.read):
        return False
    x, *others = trial.read
    found, zeros = trial.first(), [other * 0 for other in others]
    if stated is Merge.SUM:
        return alike(found, trial.first(x, *zeros) + trial.first(x * 0, *others)) and chooses(
            Trial(trial.layer, trial.facts, trial.torch, (x, *zeros))
        )
    if stated is Merge.PRODUCT:
        doubled = trial.first(x * 2, *(other * 3 for other in others))
        ones = trial.first(*(torch.ones_like(tensor) for tensor in trial.read))
        return alike(doubled, found * 2 * 3 ** len(others)) and alike(ones, torch.ones_like(ones))
    every = torch.cat([tensor.flatten() for tensor in trial.read]).sort().values
    axes = found.dim() - x.dim() == (stated is Merge.STACK)
    return axes and found.numel() == every.numel() and alike(found.flatten().sort().values, every, 0)


def halves(trial: Trial) -> bool:
    """Whether it is linear in the first half of the axis that it mixes, and changes with the other half."""
    if trial.facts.weights or not any(read.reach == FEATURES for read in trial.facts.reads[0]):
        return False
    one, *others = trial.read[0].chunk(2, trial.mixed)
    if [other.shape for other in others] != [one.shape]:
        return False
    (other,) = others

    def of(a: Tensor, b: Tensor) -> Tensor:
        return trial.first(torch.cat((a, b), trial.mixed))

    linear = alike(of(3 * one, other), 3 * of(one, other)) and alike(of(one * 0, other), of(one, other) * 0)
    return linear and not alike(of(one, other + 1), of(one, other))


def reads_rows(trial: Trial) -> bool | None:
    """Whether the first axis of its weight is that of the features it reads; None where that is not seen."""
    weight = dict(trial.torch.named_parameters()).get("weight")
    if weight is None or not any(read.reach == FEATURES for read in trial.facts.reads[0]):
        return None
    read, made = trial.read[0].shape[trial.mixed], trial.first().shape[trial.mixed]
    return None if read == made else weight.shape[0] == read
