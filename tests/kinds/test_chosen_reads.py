"""Reads whose formula has a case that few random samples meet: every unit of samples that are in it."""

from itertools import product

import pytest

from archcalc.facts import Facts
from tests.kinds.drawing import Sample
from tests.kinds.looks import Seen
from tests.kinds.test_against_torch import inferred
from tests.kinds.test_reads import compare_units

CONVOLUTION: "dict[str, object]" = {"out_channels": 1, "kernel_size": 2}
CHOSEN: "dict[str, tuple[str, dict[str, object], tuple[int, ...]]]" = {
    "the odd position of 'same' behind": ("Conv1d", {**CONVOLUTION, "padding": "same"}, (1, 5)),
    "and with a dilation": ("Conv1d", {**CONVOLUTION, "padding": "same", "dilation": 3}, (1, 8)),
    "and in two dimensions": (
        "Conv2d",
        {"out_channels": 1, "kernel_size": (2, 4), "padding": "same"},
        (1, 4, 6),
    ),
    "stride and dilation with a common factor": (
        "ConvTranspose1d",
        {"out_channels": 1, "kernel_size": 3, "stride": 2, "dilation": 4},
        (1, 7),
    ),
    "stride and dilation with a common factor, and padding": (
        "ConvTranspose1d",
        {"out_channels": 1, "kernel_size": 4, "stride": 4, "dilation": 6, "padding": 1, "output_padding": 2},
        (1, 6),
    ),
    **{
        f"what is {mode} beside the input": (
            "Conv1d",
            {"out_channels": 1, "kernel_size": 5, "padding": 2, "padding_mode": mode},
            (1, 6),
        )
        for mode in ("reflect", "replicate", "circular")
    },
}


@pytest.mark.parametrize("case", CHOSEN)
def test_every_unit_reads_what_is_stated(case: str) -> None:
    name, arguments, shape = CHOSEN[case]
    sample = Sample(arguments, (shape,))
    facts = inferred(name, sample)
    assert isinstance(facts, Facts)
    (output,) = facts.outputs
    units = set(product(*(range(n) for n in facts.outputs[output].shape)))
    compare_units(name, sample, facts, seed=0, wanted={output: units}, seen=Seen())
