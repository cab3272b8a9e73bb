"""Networks on sizes that remember take no more work than others: turns, inputs of a Concat."""

from typing import TYPE_CHECKING

import pytest

from archcalc import effort, loads
from archcalc.sizes import size
from archcalc.sizes.remembering import remembered
from archcalc.solving.formulas import formulas_of
from archcalc.tracing import inferring, ledger
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

TURNS = (
    "inputs: {x: [4]}\nlayers: [{type: Sequential, repeat: 900, layers: [{type: Linear, out_features: 4},"
    " ReLU]}]\n"
)
POOLS = "inputs: {x: [1, 61]}\nlayers:\n" + 5 * (
    "- {type: AdaptiveAvgPool1d, output_size: 51}\n- {type: AdaptiveAvgPool1d, output_size: 49}\n"
    "- {type: Upsample, size: 61}\n"
)


def test_turns_that_are_the_same_are_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MAX_STEPS", 20)
    found = remembered(loads(TURNS, "f.yaml"))
    assert len(found.trace.layers) == 1800
    assert len(found.trace.runs.all) == 1
    assert found.at({"x[0]": 4}).layers[-1].name == "sequential_0.899.relu_0"


def test_turns_hold_at_all_sizes() -> None:
    formulas = formulas_of(loads("inputs: {x: [4]}\nlayers: [{type: ReLU, repeat: 9}]\n", "f.yaml"))
    assert [str(layer.output) for layer in formulas.layers] == [str(formulas.layers[0].output)] * 9
    assert not formulas.where


def test_formulas_of_more_layers_than_can_be_written_are_refused(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effort, "LAYERS", 20)
    path = tmp_path / "many.yaml"
    path.write_text(TURNS, encoding="utf-8")
    for command in ("shapes", "params", "macs"):
        ran = run(capsys, command, str(path), "--symbolic")
        assert (ran.code, "writing formulas takes its 1,800 layers one by one" in ran.err) == (2, True)
    assert run(capsys, "solve", str(path), "--sizes").code == 0


def test_a_concat_adds_each_of_its_inputs_once_for_its_size_and_once_for_its_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def added(count: int) -> int:
        branches = ", ".join(["[ReLU]"] * count)
        text = f"inputs: {{x: [4]}}\nlayers: [{{type: Branches, merge: Concat, branches: [{branches}]}}]\n"
        made: list[str] = []
        really = size._polynomial  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  each operation ends there

        def counted(tape: object, sign: str, *operands: int) -> object:
            made.append(sign)
            return really(tape, sign, *operands)  # type: ignore[arg-type]  # handed on

        with monkeypatch.context() as patched:
            patched.setattr(size, "_polynomial", counted)
            remembered(loads(text, "f.yaml"))
        return len(made)

    assert added(120) < 3 * added(60)


def test_what_is_too_much_on_sizes_that_remember_alone_is_said(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inferring, "MAX_WINDOWS", 300)
    path = tmp_path / "pools.yaml"
    path.write_text(POOLS, encoding="utf-8")
    assert run(capsys, "shapes", str(path)).code == 0
    ran = run(capsys, "solve", str(path), "--sizes")
    assert (ran.code, "in which x[0] 1 is followed is refused" in ran.err) == (2, True)
    assert "layers up to here have" in ran.err
