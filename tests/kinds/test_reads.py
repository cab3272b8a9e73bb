"""The contract of reads: for every kind, every output and every input, units at the borders and within.

What is found by changing the real module's inputs is stated, and what is stated is found. What facts leave
open has to be seen too: mixed features are mixed, and of a sampled read some unit leaves a part out.
"""

import warnings
from math import prod
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from archcalc.bridge.modules.graph import GRAPHS
from archcalc.bridge.modules.recurrent import RECURRENT
from archcalc.facts import Facts
from archcalc.layers.registry import KINDS, kind
from tests.kinds.dependence import Found, Subject
from tests.kinds.drawing import Sample, share_of
from tests.kinds.looks import Look, Seen
from tests.kinds.samples import SAMPLES
from tests.kinds.stated_reads import Unit, graph_ways
from tests.kinds.test_against_torch import inferred
from tests.kinds.whole_numbers import fitting

if TYPE_CHECKING:
    from tests.kinds.drawing import Shape

EXAMPLES = 50
SEARCHED = 400
"""Samples among which what facts leave open must be seen."""
ATTEMPTS = 40
"""Other weights and inputs, as long as something stated was not found: chance alone hides it seldom."""
TRUTHS = ("LogicalAnd", "LogicalOr", "LogicalNot")
"""Kinds that only ask whether a number is 0."""
WORK = 150_000
"""Pairs of a place and a unit; larger samples are not looked at."""
CALM: "dict[str, object]" = {
    "eps": 0.5,
    "max_norm": None,
    "padding_idx": None,
    "negative_slope": 0.2,
    "cached": False,
    "op": "lt",
    "min": -9.0,
    "max": 9.0,
}
"""Arguments that no read depends on, where others would flatten what they let through; None: left out."""


def calm(name: str, sample: Sample) -> Sample:
    """The sample in real numbers where the kind takes them, with arguments that let them through."""
    known = {key: value for key, value in CALM.items() if key in kind(name).model_fields}
    arguments = {key: value for key, value in {**sample.arguments, **known}.items() if value is not None}
    if name == "SAGEConv" and arguments["out_channels"] == 1:  # a lone number over its own length is 1
        arguments.pop("normalize", None)
    sample = fitting(name, sample)._replace(arguments=arguments)
    if name in TRUTHS:
        return sample.with_dtypes(["bool"] * len(sample.shapes))
    given = [dtype for _, dtype in sample.arriving]
    masks = tuple(dtype if dtype == "bool" else "float32" for dtype in given)
    whole = tuple("float32" if dtype.startswith("float") else "int64" for dtype in given)
    real = (sample._replace(dtypes=dtypes) for dtypes in ((), masks, whole))
    return next((each for each in real if isinstance(inferred(name, each), Facts)), sample)


def units(name: str, shape: "Shape", drawn: Unit) -> set[Unit]:
    """Units at the borders, in the middle, and one anywhere; not the node to which edges taken out lead."""
    chosen = {tuple(0 for _ in shape), tuple(n - 1 for n in shape), tuple(n // 2 for n in shape), drawn}
    return {unit for unit in chosen if name not in GRAPHS or len(shape) == 1 or unit[0] < shape[0] - 1}


def joined_units(name: str, sample: Sample) -> list[int]:
    """Output axes, counted from the last, whose units together read what is stated of each.

    Of both directions of a recurrent layer one half of the features reads from the first step on, the other
    half from the last one.
    """
    return [-1] if name in RECURRENT and sample.arguments["bidirectional"] else []


def undecided(name: str, sample: Sample, output: "Shape") -> bool:
    """Where torch does not say itself what is read: its kernels differ.

    In the nearest mode, where the outputs in two dimensions are as many as the inputs, or twice as many, at
    another scale, the kernel for small and for channels-last images takes the ratio of the sizes, the other
    one the scale.
    """
    nearest = sample.arguments.get("mode", "nearest") == "nearest" and KINDS[name] == "resampling"
    scales = sample.arguments.get("scale_factor")
    if not nearest or len(output) != 3 or scales is None:
        return False
    per_axis = cast("tuple[float, ...]", scales if isinstance(scales, tuple) else (scales, scales))
    axes = zip(sample.shapes[0][1:], output[1:], per_axis, strict=True)
    return any(m in (n, 2 * n) and m != n * scale for n, m, scale in axes)


def drawn(name: str, data: st.DataObject) -> tuple[Sample, Facts]:
    """A valid sample, small enough, and what is stated of it."""
    sample = calm(name, data.draw(SAMPLES[name], label=name))
    facts = inferred(name, sample)
    assume(isinstance(facts, Facts))
    assert isinstance(facts, Facts)
    shapes = [tensor.shape for tensor in facts.outputs.values()]
    assume(max(map(prod, sample.shapes)) * max(map(prod, shapes)) <= WORK)
    assume(not undecided(name, sample, shapes[0]))
    return sample, facts


def compare(name: str, data: st.DataObject, seen: Seen, *, searching: bool) -> None:
    """One sample that is drawn; in a search, as long as there is something to be seen."""
    sample, facts = drawn(name, data)
    seed = data.draw(st.integers(0, 2**20), label="seed")
    wanted = {
        output: units(name, tensor.shape, tuple(data.draw(st.integers(0, n - 1)) for n in tensor.shape))
        for output, tensor in facts.outputs.items()
    }
    if seen.open or not searching:
        compare_units(name, sample, facts, seed, wanted, seen)


def compare_units(
    name: str, sample: Sample, facts: Facts, seed: int, wanted: "dict[str, set[Unit]]", seen: Seen
) -> None:
    """These units of the outputs, attempt after attempt until all that is stated was found."""
    looks: dict[tuple[str, int], Look] = {}
    rest: list[tuple[str, int, Unit]] = []
    for attempt in range(ATTEMPTS):
        look_again(name, sample, facts, Subject(name, sample, facts, seed, attempt), looks)
        rest = [(*at, unit) for at, look in looks.items() for unit in wanted[at[0]] if look.missing(unit)]
        if not rest:
            break
    assert not rest, f"stated, but never read: output, input, unit {rest}"
    for look in looks.values():
        look.note(seen)


def look_again(
    name: str, sample: Sample, facts: Facts, subject: Subject, looks: dict[tuple[str, int], Look]
) -> None:
    """Add what another attempt finds."""
    joined = joined_units(name, sample)
    for output, row in zip(facts.outputs, subject.look(), strict=True):
        for index, (depends, tried) in enumerate(row):
            if (output, index) in looks:
                before = looks[output, index].found
                depends, tried = depends | before.depends, tried | before.tried  # noqa: PLW2901  both together
            for axis in joined:
                depends = depends.any(axis, keepdim=True).expand_as(depends)  # noqa: PLW2901  the same
            edges = name in GRAPHS and len(sample.shapes) > 1
            near = graph_ways(subject.base[1], of_nodes=index == 0) if edges else None
            chance = subject.drawn or not all(base.is_floating_point() for base in subject.base)
            found = Found(depends, tried)
            looks[output, index] = Look(name, sample, facts, output, index, found, near, chance)


@pytest.mark.parametrize("name", [name for name in KINDS if not kind(name).is_source])
def test_what_is_found_is_stated_and_what_is_stated_is_found(name: str) -> None:
    seen = Seen()

    def look(data: st.DataObject) -> None:
        with warnings.catch_warnings(action="ignore"):
            compare(name, data, seen, searching=False)

    def search(data: st.DataObject) -> None:
        with warnings.catch_warnings(action="ignore"):
            compare(name, data, seen, searching=True)

    slow = [HealthCheck.filter_too_much, HealthCheck.too_slow]
    few = settings(
        max_examples=share_of(name, EXAMPLES), deadline=None, print_blob=True, suppress_health_check=slow
    )
    few(given(data=st.data())(look))()
    for searched in (SEARCHED, 4 * SEARCHED):
        if seen.open:
            more = settings(few, max_examples=searched, derandomize=True, database=None)
            more(given(data=st.data())(search))()
    assert not seen.open, "stated, but never seen to be so"
