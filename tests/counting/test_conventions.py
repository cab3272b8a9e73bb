"""Conventions print what the tools print: figures measured with them, cell by cell."""

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import pytest

from archcalc import load, loads, trace
from archcalc.counting.conventions.registry import CONVENTIONS
from tests.counting.measured import CASES, PEERS, Case

if TYPE_CHECKING:
    from archcalc.tracing import Trace

IMAGE = (3, 224, 224)
CELLS = [(case, peer) for case in CASES for peer in PEERS]


@cache
def traced(case: Case) -> "Trace":
    """The network of a case."""
    if ":" not in case.layer.strip("{}"):
        return trace(load(case.layer)) if not case.inputs else _one(case)
    return _one(case) if case.layer[0] == "{" else trace(load(case.layer, inputs={"x": IMAGE}))


def _one(case: Case) -> "Trace":
    return trace(loads(f"inputs: {{x: {case.inputs}}}\nlayers: [{case.layer}]"))


def counted(network: "Trace", peer: str) -> Fraction:
    """Its multiply-accumulates by a convention."""
    if peer == "hand":
        return Fraction(sum(layer.facts.macs or 0 for layer in network.layers))
    convention = CONVENTIONS[peer]
    return sum((convention.macs(network, layer) or Fraction(0) for layer in network.layers), Fraction(0))


def rounded(macs: Fraction, figure: str) -> str:
    """G with as many digits as a figure has."""
    digits = len(figure.partition(".")[2])
    return f"{float(macs) / 1e9:.{digits}f}"


@pytest.mark.parametrize(("case", "peer"), CELLS, ids=[f"{case.name}-{peer}" for case, peer in CELLS])
def test_cells_are_as_measured(case: Case, peer: str) -> None:
    measured = case.measured[PEERS.index(peer)]
    if measured is None:
        return
    found = counted(traced(case), peer)
    assert (rounded(found, measured) if isinstance(measured, str) else found) == measured


def test_every_convention_is_measured_or_said_not_to_be() -> None:
    assert set(CONVENTIONS) - set(PEERS) == {"keras", "ultralytics", "darknet"}
    assert all(len(case.measured) == len(PEERS) for case in CASES)
