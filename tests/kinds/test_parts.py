"""Parts of every kind that names some: their parameters are slices of the real module's tensors."""

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.layers.registry import KINDS
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred
from tests.kinds.torch_modules import module

if TYPE_CHECKING:
    from torch import nn

GATES = {"LSTM": ("input", "forget", "cell", "output"), "GRU": ("reset", "update", "new"), "RNN": ("hidden",)}
ROLES = ("query", "key", "value")
GRAPHS = ((r"att.*", ("scores",)), (r".*", ("maps",)))
HOLDERS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    **{
        f"{name}{cell}": ((r"weight_hr.*", ("projection",)), (r".*", gates))
        for name, gates in GATES.items()
        for cell in ("", "Cell")
    },
    "MultiheadAttention": (
        (r"in_proj.*", ROLES),
        (r"q_.*", ("query",)),
        (r"k_.*|bias_k", ("key",)),
        (r"v_.*|bias_v", ("value",)),
        (r"out_.*", ("out",)),
    ),
    "ScaledDotProductAttention": (),
    "ShiftedWindowAttention": (
        (r"qkv.*", ROLES),
        (r"proj.*", ("out",)),
        (r"relative_position_bias_table", ("scores",)),
    ),
    "Mamba": (
        (r"A_log|D", ("scan",)),
        *((rf"{name}\..*", (name,)) for name in ("in_proj", "x_proj", "dt_proj", "out_proj", "conv1d")),
    ),
    **dict.fromkeys(("GCNConv", "GATConv", "GATv2Conv", "SAGEConv", "GINConv"), GRAPHS),
}
"""Kind -> a pattern of its tensors' names, and the parts whose rows such a tensor holds, in order."""


def slices(kind: str, layer: "nn.Module") -> Iterator[tuple[str, int]]:
    """The part of every slice of every tensor, and how many numbers it has."""
    for name, weight in layer.named_parameters():
        parts = next(parts for pattern, parts in HOLDERS[kind] if re.fullmatch(pattern, name))
        for part, rows in zip(parts, weight.tensor_split(len(parts)), strict=True):
            yield part, rows.numel()


@pytest.mark.parametrize("name", KINDS)
@given(data=st.data())
@settings(max_examples=20, deadline=None, print_blob=True)
def test_parts_are_slices_of_the_real_tensors(name: str, data: st.DataObject) -> None:
    sample = data.draw(SAMPLES[name], label=name)
    facts = inferred(name, sample)
    if isinstance(facts, str):
        return
    assert bool(facts.parts) == (name in HOLDERS)
    if not facts.parts:
        return
    assert facts.macs == sum(part.macs for part in facts.parts.values())
    with warnings.catch_warnings(action="ignore"):
        layer = module(name, sample)
    real = Counter[str]()
    for part, numbers in slices(name, layer):
        real[part] += numbers
    assert {part: share.params for part, share in facts.parts.items()} == dict.fromkeys(facts.parts, 0) | real
