"""What once grew without bound with parts of concatenations and with inputs: its steps are counted."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import pytest

from archcalc import effort, loads, receptive_fields, signal, trace
from archcalc.analyses import receptive_field
from archcalc.analyses.tracks import tracks
from archcalc.errors import SpecError
from archcalc.layers.carrying import joining

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.tracing import Trace


def doubled(layers: int, behind: str = "") -> str:
    """A concatenation of what is in front of it with itself, again and again."""
    names = ["x", *(f"d{at}" for at in range(layers))]
    rows = (f"- {{type: Concat, name: {own}, from: [{of}, {of}]}}\n" for of, own in pairwise(names))
    return "inputs: {x: [1, 64]}\nlayers:\n" + "".join(rows) + behind


def added(inputs: int) -> str:
    """One input more added in each layer."""
    declared = ", ".join(f"x{at}: [4, 4]" for at in range(inputs))
    rows = (
        f"- {{type: Add, name: a{at}, from: [{f'a{at - 1}' if at else 'x0'}, x{at}]}}\n"
        for at in range(inputs)
    )
    return f"inputs: {{{declared}}}\nlayers:\n" + "".join(rows)


def all_merged(inputs: int, merges: int, kind: str, behind: str) -> str:
    """What stands behind all inputs, merged in each of some layers."""
    names = [f"x{at}" for at in range(inputs)]
    rows = [f"- {{type: {behind}, name: b{name}, from: {name}}}\n" for name in names]
    of = ", ".join(f"b{name}" for name in names)
    rows += [f"- {{type: {kind}, name: a{at}, from: [{of}]}}\n" for at in range(merges)]
    return f"inputs: {{{', '.join(f'{name}: [4, 4]' for name in names)}}}\nlayers:\n" + "".join(rows)


def steps(work: "Callable[[Trace], object]", text: str) -> int:
    """What a network takes that has all the steps it wants."""
    network = trace(loads(text, "f.yaml"))
    meter = effort.Meter(network, 10**9)
    with effort.metered(meter):
        work(network)
    return meter.taken


def test_parts_of_parts_are_refused_before_they_are_made() -> None:
    with pytest.raises(SpecError, match=r"to follow what its 20 layers read takes 4,194,288 steps"):
        signal(trace(loads(doubled(20), "f.yaml")))


def test_parts_take_steps_in_each_layer_that_reads_them() -> None:
    # 2 parts behind the first layer, which are read twice: 4 behind the second ...
    assert steps(signal, doubled(10)) == 4 * sum(2**at for at in range(2, 11))
    behind = "- {type: BatchNorm1d, name: n}\n- {type: ReLU}\n"
    assert steps(signal, doubled(10, behind)) - steps(signal, doubled(10)) >= 4 * 2**10


@pytest.mark.parametrize(("kind", "behind"), [("Add", "ReLU"), ("Multiply", "Tanh")])
def test_inputs_of_a_sum_or_product_are_paid_for_in_pairs(kind: str, behind: str) -> None:
    assert steps(signal, all_merged(100, 3, kind, behind)) >= 3 * 99 * 98 / 2
    few = steps(signal, all_merged(2, 3, kind, behind))
    assert few == steps(signal, all_merged(2, 0, kind, behind))  # those of ordinary networks take none


def test_what_shares_nothing_is_not_looked_at_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[object] = []
    monkeypatch.setattr(joining, "_together", taken.append)
    found = signal(trace(loads(all_merged(100, 3, "Add", "Identity"), "f.yaml")))
    assert not taken
    state = found.layers["a2"].state
    assert state is not None
    assert (state.square, state.common, state.mean) == (100, 0, 0)


class Counted(dict[object, object]):
    """Axes that count how many of them are looked at."""

    looked_at = 0

    def __iter__(self) -> "Iterator[object]":
        for axis in super().__iter__():
            Counted.looked_at += 1
            yield axis


def test_axes_are_looked_at_once_for_all_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(*given: Any) -> object:  # noqa: ANN401  whatever tracks takes
        found = tracks(*given)
        for port, at in found.items():
            found[port] = cast("Any", Counted(at))
        return found

    monkeypatch.setattr(receptive_field, "tracks", counted)
    found = receptive_fields(trace(loads(added(100), "f.yaml")))
    assert [field.input for field in found.layers["a99"]] == [f"x{at}" for at in range(100)]
    assert 0 < Counted.looked_at <= 4 * sum(2 * at for at in range(1, 101))


def test_fields_on_many_inputs_are_refused_while_they_are_followed() -> None:
    with pytest.raises(SpecError, match=r"what its 600 layers read takes 3,0\d\d,\d{3} steps"):
        receptive_fields(trace(loads(added(600), "f.yaml")))
    assert steps(receptive_fields, added(200)) < 400_000  # a network of 200 inputs still has its table
