"""One output and one input of a sample: what was found, what is stated, and what the facts leave open."""

from math import prod
from typing import TYPE_CHECKING, NamedTuple, cast

import torch

from archcalc.bridge.modules.attention import mask
from archcalc.bridge.modules.graph import GRAPHS
from archcalc.bridge.modules.recurrent import RECURRENT
from archcalc.facts import FEATURES, WHOLE, AxisRead, Facts, Reads, unread
from archcalc.layers.registry import kind
from tests.kinds.dependence import Found
from tests.kinds.drawing import Sample
from tests.kinds.stated_reads import Near, Unit, marks, told

if TYPE_CHECKING:
    from torch import Tensor

    from tests.kinds.drawing import Shape

JOINING = ("Flatten", "Unflatten", "Reshape")
"""A unit of a joined axis stands for all places of its axes: every unit reads one of them."""
SHARES = (
    "Normalize",
    "Var",
    "Std",
    "Softmax",
    "LogSoftmax",
    "Softmin",
    "Softmax2d",
    "LayerNorm",
    "GroupNorm",
)
"""A lone number is its own mean, or has the only share: it is the same whatever it was."""
ATTENDING = ("MultiheadAttention", "ScaledDotProductAttention")
UNMIXED = (("ScaledDotProductAttention", 2),)
"""Kinds and inputs whose features are said to be mixed, as they are in heads: a number of a value is not."""
OF_ITSELF = ("normalize", "add_self_loops", "root_weight", "residual")
"""Arguments of graph layers that let a node read itself."""
OUTSIDE = (("DeformConv2d", 1), ("DeformConv2d", 2), ("RoIAlign", 1))
"""What moves and weighs taps that lie far outside of a map, or where of a single position a box begins."""
GAPS = ("Fold",)
"""Rows of a block that fall outside of a small output are read by no unit."""


HOLDING: "dict[tuple[str, int], set[int]]" = {
    ("ChebConv", 2): set(),
    ("RoIAlign", 0): {0},
    ("ConvLSTM", 0): {1},
    ("ConvLSTM", 1): {0, 1},
    ("ConvLSTM", 2): {0, 1},
}
"""Kinds and inputs with other axes of features than the conventions say."""
DIMS = ("Softmax", "LogSoftmax", "Softmin", "GLU", "Normalize")
"""Kinds that are told along which axis to mix."""
FUNCTIONAL = ("FunctionalLinear", *(f"FunctionalConv{rank}d" for rank in (1, 2, 3)))
RANKED = ("TopK", "Argmax", "Argmin", "IndexSelect", "Gather")
FOLDS = (
    *("Mean", "Sum", "Max", "Min", "Norm", "Var", "Std"),
    *("MatMul", "Einsum", "EmbeddingBag", *JOINING, *FUNCTIONAL, *RANKED),
)
"""Kinds that take any axis whole, whatever it holds."""


def feature_axes(name: str, place: int, axes: int) -> set[int]:
    """The axes of an input that hold features by convention: channels first for images, else the last one.

    An edge has two ends, a bias on scores a term per head; first states have a row per layer and direction.
    """
    if name in DIMS:
        return set(range(axes))
    if (name, place) in HOLDING:
        return HOLDING[name, place]
    if hasattr(kind(name), "rank") or name in ("GroupNorm", "LocalResponseNorm", "Upsample"):
        return {0}
    if (name in GRAPHS and place == 1) or (name in ATTENDING and place > 2):
        return {0}
    return {0, axes - 1} if name in RECURRENT and place > 0 else {axes - 1}


class Claim(NamedTuple):
    """Something that reads leave open, on an axis of an input: one sample that shows it is enough."""

    output: str
    input: int
    axes: int
    axis: int
    what: str


class Seen:
    """Which claims were made, and which of them were seen to be true."""

    def __init__(self) -> None:
        self.made: set[Claim] = set()
        self.true: set[Claim] = set()

    def note(self, claim: Claim, what: str, *, true: bool) -> None:
        """A claim that a sample makes, and whether it shows that it is true."""
        self.made.add(claim._replace(what=what))
        if true:
            self.true.add(claim._replace(what=what))

    @property
    def open(self) -> set[Claim]:
        """Claims that no sample has shown to be true."""
        return self.made - self.true


class Look(NamedTuple):
    """One output and one input.

    Args:
        name: the kind.
        sample: arguments and inputs.
        facts: what the kind states of them.
        output: name of the output.
        place: which of the inputs.
        found: what changes of the input told.
        near: what is near the nodes of a graph.
        chance: whether a draw, or whole numbers, decide what is read of a sampled axis.
    """

    name: str
    sample: Sample
    facts: Facts
    output: str
    place: int
    found: Found
    near: Near | None
    chance: bool

    @property
    def reads(self) -> Reads:
        """What is stated."""
        return self.facts.reads_of(self.output)[self.place]

    @property
    def shape(self) -> "Shape":
        """The input's."""
        return self.sample.shapes[self.place]

    @property
    def output_shape(self) -> "Shape":
        """The output's."""
        return self.facts.outputs[self.output].shape

    def missing(self, unit: Unit) -> bool:
        """Whether something that a unit is said to read was not found; nothing else may be found."""
        stated = told(self.reads, unit, self.shape, self.output_shape, self.near)
        found, tried = self.at(unit), self.found.tried
        more = torch.nonzero(found & ~stated)
        assert not len(more), f"{self.output} {unit} reads {more} of input {self.place}"
        for axis in reversed(range(len(self.reads))):
            if self.loose(self.reads[axis]):
                stated, found, tried = stated.any(axis), found.any(axis), tried.any(axis)
        nothing = not found.any() and (self.hidden(unit) or any(read.sampled for read in self.reads))
        return not nothing and bool((stated & tried & ~found).any())

    def at(self, unit: Unit) -> "Tensor":
        """(*place): whether this unit's number changes with that of the place."""
        found = self.found.depends
        for index in reversed(unit):
            found = found[..., index]
        return found

    def loose(self, read: AxisRead) -> bool:
        """Whether a unit may read a part of what is stated alone."""
        joined = self.name in JOINING and read.to is None and read.reach == WHOLE
        mixed = read.reach == FEATURES and read.group is None
        return mixed or read.sampled or joined

    def hidden(self, unit: Unit) -> bool:
        """Whether it may make no difference for a unit what it reads: nothing stands beside it."""
        given = self.sample.arguments
        if self.facts.outputs[self.output].dtype == "bool":  # it says little of the numbers
            return True
        if self.name == "TopKRouter":  # the order of the best may stay
            return self.output == "indices" or (self.output == "scores" and given["top_k"] == 1)
        if self.facts.attention is not None:
            return self.asked(unit) == 1 or self.unasked(unit)
        if (self.name, self.place) in OUTSIDE:
            return True
        if self.name in GRAPHS and self.place > 1 and self.near is not None:
            return len(self.near(unit[0], 1)) + bool(given.get("add_self_loops", True)) == 1
        lone = self.name in SHARES or self.output == "indices"
        return lone and int(told(self.reads, unit, self.shape, self.output_shape).sum()) == 1

    def unasked(self, unit: Unit) -> bool:
        """Whether it is the weight of a key that the mask hides from its query: 0, whatever arrives."""
        given, shapes = self.sample.arguments, self.sample.shapes
        queries, keys = shapes[0][-2], shapes[min(1, len(shapes) - 1)][-2]
        if self.output != "attn_output_weights" or unit[-1] >= keys:
            return False
        window = cast("int | None", given.get("window"))
        return not bool(mask(queries, keys, causal=bool(given.get("causal")), window=window)[unit[-2:]])

    def asked(self, unit: Unit) -> int:
        """Keys that a unit's query asks."""
        assert self.facts.attention is not None
        shapes = self.sample.shapes
        keys = min(1, len(shapes) - 1)
        axes = zip(self.facts.reads_of(self.output)[keys][:-1], shapes[keys][:-1], strict=True)
        return prod(int(marks(read, unit, n).sum()) for read, n in axes) + self.facts.attention.added

    def note(self, seen: Seen) -> None:
        """Compare what all units read together, and note the claims that this sample makes."""
        claim = Claim(self.output, self.place, len(self.shape), 0, "")
        if not unread(self.reads):
            seen.note(claim, "is read", true=bool(self.found.depends.any()))
        for axis, read in enumerate(self.reads):
            features = axis in feature_axes(self.name, self.place, len(self.shape))
            assert features or read.reach != FEATURES, f"axis {axis} of input {self.place} holds no features"
            assert not features or read.reach != WHOLE or self.name in (*FOLDS, *DIMS), (
                "features are taken whole"
            )
            open_to_look = self.loose(read) or read.reach == FEATURES
            if not open_to_look or self.shape[axis] == 1 or not self.found.depends.any():
                continue
            if read.reach == FEATURES:
                self._mixed(seen, claim._replace(axis=axis), read)
            else:
                self._sampled(seen, claim._replace(axis=axis), read)

    def _mixed(self, seen: Seen, claim: Claim, read: AxisRead) -> None:
        """Features are mixed if a unit reads several of them, and none is left out."""
        together = self._together(claim.axis, read.to)
        most = int(together.sum()) if read.to is None else int(self._counts(claim.axis).max())
        if (self.name, self.place) not in UNMIXED:
            seen.note(claim, "mixes", true=most > 1 and bool(together.any(1).all()))

    def _sampled(self, seen: Seen, claim: Claim, read: AxisRead) -> None:
        """The units at a place read together what is stated of it; by chance, the ends of it now and then."""
        together = self._together(claim.axis, read.to)
        places = [(0,) * (read.to or 0) + (at,) for at in range(together.shape[1])]
        stated = [marks(read, unit, self.shape[claim.axis], self.near) for unit in places]
        follows = read.to is None or read.sampled
        anywhere = follows and read.reach == WHOLE and self.name not in JOINING
        if self.chance or anywhere or self.output == "indices" or self.name in GAPS:
            for what, end in (("the first", 0), ("the last", -1)):
                ends = [(int(each.nonzero()[end]), at) for at, each in enumerate(stated) if each.any()]
                seen.note(claim, what, true=any(together[where] for where in ends))
        else:
            for unit, each, found in zip(places, stated, together.T, strict=True):
                assert found.equal(each), f"the units at {unit} of {self.output} together read otherwise"
        if read.sampled:
            counts = self._counts(claim.axis)
            columns = counts[None] if read.to is None else counts.movedim(read.to, 0)
            fewer = (bool((column < each.sum()).any()) for column, each in zip(columns, stated, strict=True))
            seen.note(claim, f"leaves out {self._flags()}", true=any(fewer))

    def _flags(self) -> list[str]:
        """Of a graph layer what decides whether a node reads itself: each way is to be seen."""
        return [
            flag
            for flag in OF_ITSELF
            if self.name in GRAPHS and self.sample.arguments.get(flag, flag != "residual")
        ]

    def _together(self, axis: int, to: int | None) -> "Tensor":
        """(length, places): positions of an input axis that the units at each place of ``to`` read."""
        kept = {axis} if to is None else {axis, len(self.shape) + to}
        found = somewhere(self.found.depends, set(range(self.found.depends.dim())) - kept)
        return found[:, None] if to is None else found

    def _counts(self, axis: int) -> "Tensor":
        """(*unit): how many positions of an input axis a unit reads."""
        return somewhere(self.found.depends, set(range(len(self.shape))) - {axis}).sum(0)


def somewhere(depends: "Tensor", axes: set[int]) -> "Tensor":
    """Whether anywhere along these axes, which are gone then."""
    return depends.sum(dim=sorted(axes)) > 0 if axes else depends
