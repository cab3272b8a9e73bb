"""Wanted figures: every answer is proved by traces of the network at it, next to it and in between."""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest

from archcalc import Fault, SpecError, load, loads
from archcalc.quantities.table import measured
from archcalc.solving.solution import solution
from archcalc.solving.varying import GivenNetwork, Varied, varied
from archcalc.solving.wants import wants
from tests.samples import samples
from tests.solving.drawing import drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.loading import Model
    from archcalc.solving.asking import Figures
    from archcalc.solving.solution import Solution
    from archcalc.solving.wants import Want

GROUPED = """
name: grouped
vars: {width: 24, depth: 3, unused: 1}
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: stem, out_channels: =width, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: conv, out_channels: =width, kernel_size: 3, padding: 1, groups: 8, repeat: =depth}
  - {type: GroupNorm, num_groups: 12}
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - Flatten
  - {type: Linear, name: head, out_features: 10}
"""
HILLY = """
name: hilly
vars: {n: 4}
inputs: {x: [8]}
layers:
  - {type: Linear, out_features: =1000 - (n - 20) ** 2}
"""


class Question(NamedTuple):
    """A question with its answer: the values that have it, or those on either side."""

    spec: str
    name: str
    want: str
    values: range
    answer: tuple[int, ...]


WIDTHS = [
    Question(GROUPED, "width", "params=100k", range(1, 513), (144, 168)),
    Question(GROUPED, "width", "params=2986", range(1, 513), (24,)),
    Question(GROUPED, "depth", "macs<=100M", range(1, 60), ()),
    Question("unet", "width", "params=31M", range(8, 129), (63, 64)),
    Question("vdsr", "depth", "params=500k", range(3, 60), (15, 16)),
    Question("vdsr", "depth", "receptive_field=41", range(3, 60), (20,)),
    Question("lstm_language_model", "width", "params=20M", range(1, 2049), (655, 656)),
    Question("srcnn", "middle", "receptive_field=17", range(1, 30), (5,)),
    Question("wgan_gp_critic", "width", "memory=8MiB", range(1, 257), ()),
    Question(HILLY, "n", "params=8100", range(1, 41), ()),
]
INPUTS = [
    Question("lenet5", "image[1]", "params=100k", range(32, 201), ()),
    Question("resnet18", "size", "macs=1G", range(32, 513), ()),
    Question("unet", "size", "output_shape=2,388,388", range(188, 700), tuple(range(572, 588))),
    Question("unet", "size", "output=400", range(188, 700), ()),
    Question("srcnn", "size", "output_shape[1]=21", range(1, 100), (33,)),
    Question("pix2pix_generator", "size", "macs<=10G", range(1, 1025), (256, 257)),
    Question("gpt2", "tokens", "macs=50G", range(1, 1025), ()),
    Question("vgg16", "size", "memory<=600MiB", range(32, 400), ()),
    Question("patchgan", "size", "output=30,30", range(16, 400), tuple(range(256, 264))),
    Question("tcn", "size", "macs=100M", range(1, 2001), ()),
]


def opened(spec: str) -> "Model":
    return loads(spec) if "\n" in spec else load(spec)


def asked(question: Question) -> "tuple[Varied, tuple[Want, ...], Solution]":
    thing = varied(GivenNetwork(opened(question.spec)), question.name)
    wanted = wants([question.want])
    return thing, wanted, solution(thing, wanted, question.values)


def afresh(thing: Varied, value: int, wanted: "Sequence[Want]") -> "Figures | None":
    """The figures of a plain trace; None: it is refused."""
    try:
        return measured(thing.traced(value), {want.quantity.name: want.quantity for want in wanted})
    except SpecError:
        return None


@pytest.mark.parametrize("question", [*WIDTHS, *INPUTS], ids=lambda q: f"{q.spec.split()[-1][:20]}-{q.want}")
def test_answers_are_those_of_traces(question: Question) -> None:
    thing, (want,), found = asked(question)
    assert found.found
    if question.answer:
        assert (found.kept or tuple(row.value for row in found.rows)) == question.answer
    for row in found.rows:
        assert row.figures == afresh(thing, row.value, (want,))
    for gap in found.gaps:
        sides = [want.side(afresh(thing, value, (want,)) or {}) for value in (gap.below, gap.above)]
        assert sides[0] != sides[1]
        between = range(gap.below + 1, gap.above)
        assert all(afresh(thing, value, (want,)) is None for value in drawn(between, 12))
        assert sum(len(reason.values) for reason in gap.reasons) == len(between)
    if found.complete:
        kept = set(found.kept)
        for value in drawn(question.values, samples(12)):
            figures = afresh(thing, value, (want,))
            assert (value in kept) == (figures is not None and want.kept(figures)), value
    told = sorted({row.value for row in found.rows})
    for below, above in pairwise(told) if found.complete and not found.kept else ():
        for value in drawn(range(below + 1, above), samples(6)):
            figures = afresh(thing, value, (want,))
            assert figures is None or want.side(figures) in {
                want.side(afresh(thing, end, (want,)) or {}) for end in (below, above)
            }


def test_all_crossings_of_what_rises_and_falls() -> None:
    """9 (1000 - (n - 20)^2) is 8100 at n = 10 and n = 30, and between its values twice."""
    _, _, found = asked(Question(HILLY, "n", "params=8100", range(1, 41), ()))
    assert found.kept == (10, 30)
    _, _, found = asked(Question(HILLY, "n", "params=8101", range(1, 41), ()))
    assert [(gap.below, gap.above) for gap in found.gaps] == [(10, 11), (29, 30)]
    assert any("neither only rises nor only falls" in note for note in found.notes)


def test_why_nothing_between_is_valid_has_both_numbers() -> None:
    _, _, found = asked(WIDTHS[0])
    (gap,) = found.gaps
    reasons = [reason.reason for reason in gap.reasons]
    assert any("145" in reason and "8 groups" in reason for reason in reasons)
    assert any("152" in reason and "12 groups" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("name", "want", "why"),
    [
        ("width", "params=1T", "are below it"),
        ("width", "params=1", "are above it"),
        ("width", "output_shape=10,10", "none of"),
        ("width", "params<=100k and macs>=1T", "params<=100k alone: 6 values from 24 to 144"),
    ],
)
def test_no_answer_is_said_so(name: str, want: str, why: str) -> None:
    thing = varied(GivenNetwork(loads(GROUPED.replace("out_features: 10", "out_features: =width"))), name)
    found = solution(thing, wants([want]), range(1, 513))
    assert not found.found
    assert any(why in note for note in found.notes), found.notes
    assert any("groups" in reason.reason for reason in found.refused)


@pytest.mark.parametrize(
    ("name", "want", "told"),
    [
        ("widht", "params=1M", "did you mean 'width'"),
        ("image", "params=1M", "--for image\\[1\\],image\\[2\\]"),
        ("image[3]", "params=1M", "no image\\[3\\]; the last one is image\\[2\\]"),
        ("unused", "params=1M", "unused changes nothing of params: 2,986 at all 40 values"),
        ("width", "parms=1M", "did you mean 'params'"),
        ("width", "params=many", "params needs a number such as 12M"),
        ("width", "params", "needs QUANTITY=NUMBER"),
        ("width", "params<=1M and params>=2M", "nothing has both params<=1M and params>=2M"),
        ("width", "params>1 and params<2", "nothing has both"),
        ("width", "output_shape=10 and output_shape=12", "nothing has both"),
        ("width", "params[1]=3", "params is one number"),
    ],
)
def test_mistakes_are_told(name: str, want: str, told: str) -> None:
    with pytest.raises(Fault, match=told):
        solution(varied(GivenNetwork(loads(GROUPED)), name), wants([want]), range(1, 41))


def test_wants_that_go_together_are_taken() -> None:
    assert len(wants(["params>=1M and params<=2M", "macs=1G"])) == 3
    assert len(wants(["output_shape=*,7,7 and output_shape=512,*,7"])) == 2
    found = solution(
        varied(GivenNetwork(load("unet")), "width"), wants(["params<=20M", "macs<=50G"]), range(1, 200)
    )
    assert found.kept == tuple(range(1, 37))
    assert [row.value for row in found.rows] == [1, 36, 37]
    assert found.rows[-1].what == "not macs<=50G"
