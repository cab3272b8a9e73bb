"""Every kind, asked once on sizes that remember, against the same kind asked afresh at other sizes."""

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from archcalc.errors import Fault
from archcalc.facts import Facts
from archcalc.layers.registry import KINDS, kind
from archcalc.sizes.following import as_traced, followed
from archcalc.sizes.replay import At
from archcalc.sizes.symbols import where
from tests.kinds.samples import SAMPLES
from tests.sizes.remembering import Asked, afresh, asked, others, seeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kinds.drawing import Sample

PINNED = {
    **dict.fromkeys(
        (f"Adaptive{pool}Pool{rank}d" for pool in ("Avg", "Max") for rank in (1, 2, 3)),
        "windows that do not divide are written down",
    ),
    **dict.fromkeys(("FractionalMaxPool2d", "FractionalMaxPool3d"), "windows are written down"),
    **dict.fromkeys(
        ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"),
        "windows of a ratio of sizes are written down; a scale of many bits is rounded",
    ),
    "ChannelShuffle": "the channels of every group are written down",
    "RandomMasking": "a share of many bits is rounded",
    "Flatten": "samples are small, and which axes are of size 1 decides what is read",
    **dict.fromkeys(("Unflatten", "Reshape", "Split", "Fold", "Expand"), "written sizes fit few others"),
    **dict.fromkeys(("Chunk", "Unbind"), "other sizes make other numbers of parts"),
    **dict.fromkeys(("Flip", "Repeat", "SliceScatter", "Tril", "Triu"), "places are written down"),
}
"""Kinds that may be taken at the sizes they have, and why. All others are followed to most sizes near by."""
SAMPLES_OF_A_KIND, TRIED = 16, 20
FOLLOWED = 1 / 3
"""Share of the sizes near by, of those that the kind accepts, to which every other kind is followed."""
COMPARED = 50_000
"""Facts that are compared, of all kinds together."""
COUNTED = 1 / 4
"""Share of the kinds from which on they are counted: processes side by side have a part of them each."""
ALL = [(name, arguments) for name in KINDS if not kind(name).is_source for arguments in (False, True)]


@pytest.fixture(scope="module")
def counted() -> "Iterator[dict[tuple[str, bool], int]]":
    """Facts that were compared, by kind; counted in the end, as many as are due of the kinds seen here."""
    counts: dict[tuple[str, bool], int] = {}
    yield counts
    share = len(counts) / len(ALL)
    if share >= COUNTED:
        assert sum(counts.values()) >= COMPARED * share, (sum(counts.values()), share)


@pytest.mark.parametrize(("name", "arguments"), ALL)
def test_facts_at_other_sizes_are_those_of_the_kind_asked_there(
    name: str, *, arguments: bool, counted: dict[tuple[str, bool], int]
) -> None:
    outcomes = Counter[str]()

    @settings(
        max_examples=SAMPLES_OF_A_KIND,
        deadline=None,
        derandomize=True,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(data=st.data())
    def follow(data: st.DataObject) -> None:
        sample = data.draw(SAMPLES[name], label=name)
        random = seeded(data.draw(st.integers(0, 2**32), label="seed"))
        try:
            found = asked(name, sample, arguments=arguments)
        except (Fault, ValidationError):
            reject()
        assert as_traced(found.facts) == afresh(name, sample, found.sizes)
        for _ in range(TRIED):
            sizes = others(found.sizes, random)
            if sizes != found.sizes:
                outcomes[compared(found, name, sample, sizes)] += 1

    follow()
    if name not in PINNED and not arguments:
        accepted = outcomes["followed"] + outcomes["broken, accepted"]
        assert outcomes["followed"] >= FOLLOWED * accepted, outcomes
    counted[name, arguments] = outcomes["followed"]


def compared(found: Asked, name: str, sample: "Sample", sizes: dict[str, int]) -> str:
    """Compare where the tape says that it holds, and say how that went."""
    at = At(found.tape, sizes)
    new = asked_afresh(name, sample, sizes)
    if not any(at.broken()):
        assert followed(found.facts, at) == new, (sizes, list(where(found.tape)))
        return "followed"
    with pytest.raises(Fault, match="what is remembered does not hold"):
        followed(found.facts, at)
    return "broken, accepted" if isinstance(new, Facts) else "broken, refused"


def asked_afresh(name: str, sample: "Sample", sizes: dict[str, int]) -> Facts | str:
    """What the kind states with plain numbers, or why it refuses."""
    try:
        return afresh(name, sample, sizes)
    except (Fault, ValidationError) as refusal:
        return str(refusal)
