"""A recurrence of very many states, layers and sequences: what is followed through its states is bounded."""

import sys
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from archcalc import SpecError, loads, trace, work
from archcalc.analyses.summary import summary
from archcalc.facts import FEATURES, WHOLE
from archcalc.render.summary_document import summary_entries
from archcalc.render.view import View
from archcalc.tracing import scan_reads
from archcalc.tracing.links import AxisLink, either, through_state
from archcalc.tracing.scan import ScanLayer
from archcalc.tracing.scan_reads import StepReads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.tracing.links import InputLinks, Links
    from archcalc.work import Part, Worked


def delayed(states: int) -> str:
    """A line of states, each of which is the one before at the step before."""
    held = [f"h{each}: {{shape: [4], next: {f'h{each - 1}' if each else 'z'}}}" for each in range(states)]
    layers = f"{{type: Add, from: [input, h{states - 1}]}}, {{type: Linear, out_features: 4, name: z}}"
    scan = f"{{type: Scan, states: {{{', '.join(held)}}}, layers: [{layers}]}}"
    return f"inputs: {{x: [9, 4]}}\nlayers:\n  - {scan}\n"


def test_states_that_read_one_another_are_followed_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trace(loads(delayed(40))).layers[0].facts.outputs
    with pytest.raises(
        SpecError, match="its 500 states and its layers read one another in more than 700,000"
    ):
        trace(loads(delayed(500)))
    monkeypatch.setattr(scan_reads, "MOST_LINKS", 100)
    with pytest.raises(
        SpecError, match="its 40 states and its layers read one another in more than 100 ways"
    ):
        trace(loads(delayed(40)))


def links(draw: Random, axes: int) -> "Links":
    """How an input with so many axes is read."""

    def one() -> AxisLink:
        whole = draw.choice((None, None, WHOLE, FEATURES))
        if whole is None:
            return AxisLink(draw.randrange(axes), moved=draw.random() < 0.2)
        return AxisLink(draw.choice((None, *range(axes))), whole, exact=draw.random() < 0.7)

    return tuple(one() for _ in range(axes))


def followed(read: "Mapping[str, InputLinks]") -> "Mapping[str, InputLinks] | None":
    """What is read through any number of states, by the definition; None: it does not settle soon."""
    found = read
    for _ in range(scan_reads.ROUNDS * len(read) + 1):
        larger = {
            state: either(
                [links, *(through_state(links[each], found[each]) for each in read if each in links)]
            )
            for state, links in read.items()
        }
        if larger == found:
            return found
        found = larger
    return None


@pytest.mark.parametrize("seed", range(40))
def test_what_is_read_through_states_settles(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = plain = 0

    def counted(self: StepReads, links: int) -> None:
        nonlocal rounds
        del self, links
        rounds += 1
        assert rounds < 1_000, f"seed {seed} does not settle"

    monkeypatch.setattr(StepReads, "_follow", counted)
    for each in range(50 * seed, 50 * seed + 50):
        draw, rounds = Random(each), 0  # noqa: S311  no secret
        axes, states = draw.randint(1, 3), [f"s{index}" for index in range(draw.randint(1, 5))]
        read: dict[str, InputLinks] = {
            state: {name: links(draw, axes) for name in (*states, "e0", "e1") if draw.random() < 0.45}
            for state in states
        }
        steps = object.__new__(StepReads)
        vars(steps).update(scan=SimpleNamespace(states=tuple(states)), next=read)
        found = steps._through_states()  # pyright: ignore[reportPrivateUsage]  # a recurrence on its own
        assert all(set(found[state]) >= set(read[state]) for state in states)
        settled = followed(read)
        assert settled in (None, found), f"seed {each}"
        plain += settled is not None
    assert plain > 25


def calls_of(text: str) -> int:
    """Calls that a trace makes, those of Python's own methods too."""
    model = loads(f"inputs: {{x: [9, 4]}}\nlayers: [{text}]\n")
    count = 0

    def called(*event: object) -> None:
        nonlocal count
        count += event[1] in ("call", "c_call")

    sys.setprofile(called)
    try:
        trace(model)
    finally:
        sys.setprofile(None)
    return count


def of_layers(layers: int) -> str:
    """A recurrence of so many layers."""
    inside = ", ".join(["{type: Linear, out_features: 4}"] * layers + ["{type: Identity, name: z}"])
    return f"{{type: Scan, states: {{h: {{shape: [4], next: z}}}}, layers: [{inside}]}}"


def in_a_row(count: int) -> str:
    """So many recurrences."""
    return ", ".join([of_layers(1)] * count)


@pytest.mark.parametrize("text", [of_layers, in_a_row])
def test_neither_are_compared_with_one_another(text: "Callable[[int], str]") -> None:
    calls_of(of_layers(1))
    few = calls_of(text(100))
    assert few > 100
    assert calls_of(text(400)) < 5 * few


class Name(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_inputs_from_outside_are_told_by_their_names_at_once() -> None:
    inputs = {Name(f"x{index}"): None for index in range(300)}
    own = tuple(Name(f"x{index}") for index in range(200))
    scan = SimpleNamespace(body=SimpleNamespace(inputs=inputs), elements=own[:100], states=own[100:])
    Name.compared = 0
    assert ScanLayer.outside.fget(scan) == tuple(f"x{index}" for index in range(200, 300))  # type: ignore[attr-defined]
    assert 0 < Name.compared < 2_000


def test_parts_of_a_layer_are_told_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = 0
    named = work.named_parts

    def counted(done: "Worked") -> "Mapping[str, Part]":
        nonlocal told
        told += 1
        return named(done)

    monkeypatch.setattr("archcalc.facts.named_parts", counted)
    inside = ", ".join(["{type: Linear, out_features: 4}"] * 50 + ["{type: Identity, name: z}"])
    states = "{h: {shape: [4], next: z}}"
    model = loads(f"inputs: {{x: [9, 4]}}\nlayers: [{{type: Scan, states: {states}, layers: [{inside}]}}]\n")
    network = trace(model)
    (entry,) = summary_entries(summary(network), View())
    assert len(cast("dict[str, object]", entry["parts"])) == 50
    assert 0 < told < 5
