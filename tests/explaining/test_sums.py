"""Sums of what is right inside of a network or a repeat: turns that are the same are counted, not walked."""

import pytest

from archcalc import loads, trace
from archcalc.explaining.layers import explained
from archcalc.explaining.sums import MAX_NAMES
from archcalc.tracing.runs import Run

BLOCK = "{type: Sequential, name: s, repeat: %d, layers: [{type: Linear, out_features: 4}, ReLU]}"
TEXT = f"inputs: {{x: [4]}}\nlayers: [{BLOCK}, {{type: Linear, name: head, out_features: 2}}]\n"


def sums(text: str, scope: str | None = None) -> dict[str, int]:
    found = explained(trace(loads(text, "f.yaml")), scope).numbers
    return {each.subject: each.result for each in found if isinstance(each.result, int)}


@pytest.mark.parametrize("turns", [1, 2, 3, 9, 5000])
def test_sums_are_those_of_all_turns(turns: int) -> None:
    inside = {"params": 20 * turns, "trainable": 20 * turns, "buffers": 0, "MACs": 16 * turns}
    assert sums(TEXT % turns, "s") == inside
    assert sums(TEXT % turns) == {
        name: each + {"params": 10, "trainable": 10, "MACs": 8}.get(name, 0) for name, each in inside.items()
    }


def test_turns_are_counted_and_no_layer_is_made_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    really = Run.turn

    def counted(run: Run, turn: int) -> object:
        made.append(turn)
        return really(run, turn)

    monkeypatch.setattr(Run, "turn", counted)
    monkeypatch.setattr(Run, "layers", None)
    assert sums(TEXT % 1_000_000)["params"] == 20_000_010
    assert sums(TEXT % 1_000_000, "s")["MACs"] == 16_000_000
    assert len(made) < 20
    (told, *_) = explained(trace(loads(TEXT % 1_000_000, "f.yaml")), "s").numbers
    assert told.note == "the sum of 1000000 layers and containers"


@pytest.mark.parametrize(("turns", "more"), [(3, ""), (MAX_NAMES + 7, ", 7 more")])
def test_of_many_layers_without_known_macs_the_first_are_told(turns: int, more: str) -> None:
    opaque = "{type: Opaque, operator: f, outputs: {o: [=4 + i]}, repeat: %d}"
    network = trace(loads(f"inputs: {{x: [4]}}\nlayers: [{opaque % turns}]\n", "f.yaml"))
    note = explained(network).numbers[-1].note
    assert note.startswith("a lower bound: not known of opaque_0.0, opaque_0.1, ")
    assert note.endswith(more)
    assert note.count("opaque_0.") == min(turns, MAX_NAMES)
