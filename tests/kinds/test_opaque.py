"""An operator that is not known: what is told of a network with one, everywhere."""

import pytest

from archcalc import loads, receptive_fields, trace
from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from archcalc.bridge.verifying import verify
from archcalc.errors import SpecError
from archcalc.exporting import torch_source
from archcalc.render.reports import macs_line

SPEC = """\
inputs: {image: [3, 32, 32]}
vars: {width: 12}
layers:
  - {type: Conv2d, name: conv, out_channels: 8, kernel_size: 3, padding: 1}
  - type: Opaque
    name: odd
    operator: torch.ops.mine.op
    outputs: {output: [8, 32, 32], ids: {shape: [=width], dtype: int64}}
    weights: {weight: [8, 8], inner.bias: 8}
    buffers: {running: 3}
  - {type: Add, name: sum, from: [conv, odd]}
  - {type: Conv2d, name: last, out_channels: 4, kernel_size: 3, padding: 1}
  - {type: Mean, name: pooled, dim: [1, 2]}
"""


def test_totals_are_lower_bounds_and_fields_are_not_known() -> None:
    one = trace(loads(SPEC))
    found = macs(one)
    known = 32 * 32 * (8 * 27 + 4 * 72)
    assert (found.macs, found.unknown) == (known, ("odd",))
    assert macs_line(found).startswith(f"MACs {known:,} (lower bound: not known for odd)")
    assert params(one).params == 8 * 27 + 8 + 64 + 8 + 4 * 72 + 4
    assert one.layer("odd").facts.outputs["ids"].shape == (12,)
    fields = receptive_fields(one).layers
    assert [axis.size for axis in fields["conv"][0].axes] == [3, 3]
    for name in ("odd", "sum", "last", "pooled"):
        for axis in fields[name][0].axes:
            assert (axis.unknown, axis.size, axis.whole, axis.exact) == (True, None, False, False), name


def test_what_reads_everything_does_so_beside_it_too() -> None:
    beside = SPEC + "  - {type: Mean, name: whole, from: image, dim: [1, 2]}\n"
    spec = beside + "  - {type: Concat, from: [pooled, whole]}\n"
    assert receptive_fields(trace(loads(spec))).layers["concat_0"][0].whole_input


def test_torch_agrees_on_what_is_known() -> None:
    found = verify(trace(loads(SPEC)))
    assert found.agrees
    skipped = {each.why for checked in found.checks for each in checked.skipped}
    assert skipped == {"what it calculates is not known"}


def test_no_code_is_written_for_it() -> None:
    with pytest.raises(SpecError, match="no code can be written"):
        torch_source(trace(loads(SPEC)))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ("operator: a", "`outputs` is missing"),
        ("operator: a, outputs: [3]", "outputs needs a mapping of names to shapes, got [3]"),
        ("operator: a, outputs: {out: [-1]}", "outputs needs at least 0, got [-1]"),
        (
            "operator: a, outputs: {out: {dtype: int8}}",
            "outputs needs shape and dtype for out, got a mapping",
        ),
        (
            "operator: a, outputs: {out: {shape: 3, dtype: int4}}",
            "outputs needs a dtype of torch for out, got 'int4'",
        ),
    ],
)
def test_refusals(arguments: str, what: str) -> None:
    with pytest.raises(SpecError) as caught:
        trace(loads(f"inputs: {{x: [3]}}\nlayers:\n  - {{type: Opaque, {arguments}}}\n"))
    assert [problem.what for problem in caught.value.problems] == [what]
