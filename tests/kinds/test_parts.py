"""Parts of every kind that names some: their parameters are slices of the real module's tensors."""

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings

from archcalc.exporting.kinds.graphs import LIBRARY_LAYERS
from archcalc.layers.registry import KINDS
from tests.kinds.drawing import Arguments, Sample
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred
from tests.kinds.torch_modules import module
from tests.samples import samples

if TYPE_CHECKING:
    from torch import nn

    from archcalc.facts import Facts

GATES = {"LSTM": ("input", "forget", "cell", "output"), "GRU": ("reset", "update", "new"), "RNN": ("hidden",)}
ROLES = ("query", "key", "value")
GRAPHS = ((r"att.*", ("scores",)), (r".*", ("maps",)))
HOLDERS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    **{
        f"{name}{cell}": ((r"weight_hr.*", ("projection",)), (r".*", gates))
        for name, gates in GATES.items()
        for cell in ("", "Cell")
    },
    "ConvLSTM": ((r".*", ("input", "forget", "output", "cell")),),
    "MultiheadAttention": (
        (r"in_proj.*", ROLES),
        (r"q_.*", ("query",)),
        (r"k_.*|bias_k", ("key",)),
        (r"v_.*|bias_v", ("value",)),
        (r"out_.*", ("out",)),
    ),
    "ScaledDotProductAttention": (),
    "MultiheadLatentAttention": (
        (r"q_.*", ("query",)),
        (r"kv_a_.*", ("key",)),
        (r"kv_b_proj.*", ("key", "value")),
        (r"o_proj.*", ("out",)),
    ),
    "ShiftedWindowAttention": (
        (r"qkv.*", ROLES),
        (r"proj.*", ("out",)),
        (r"relative_position_bias_table", ("scores",)),
    ),
    "Mamba": (
        (r"A_log|D", ("scan",)),
        *((rf"{name}\..*", (name,)) for name in ("in_proj", "x_proj", "dt_proj", "out_proj", "conv1d")),
    ),
    "GatedDeltaNet": (
        (r"A_log|dt_bias", ("delta_rule",)),
        *((rf"{n}\..*", (n,)) for n in ("in_proj_qkvz", "in_proj_ba", "out_proj", "conv1d", "norm")),
    ),
    **dict.fromkeys(LIBRARY_LAYERS, GRAPHS),
}
"""Kind -> a pattern of its tensors' names, and the parts whose rows such a tensor holds, in order."""

OF_A_HEAD = ("num_heads", "qk_nope_head_dim", "v_head_dim")


def slices(kind: str, layer: "nn.Module", arguments: Arguments) -> Iterator[tuple[str, int]]:
    """The part of every slice of every tensor, and how many numbers it has."""
    for name, weight in layer.named_parameters():
        parts = next(parts for pattern, parts in HOLDERS[kind] if re.fullmatch(pattern, name))
        pieces = weight.tensor_split(len(parts))
        if name.startswith("kv_b"):  # of every head the rows of its key, then those of its value
            heads, *sizes = (cast("int", arguments[key]) for key in OF_A_HEAD)
            rows = weight.reshape(heads, -1, weight.shape[1])
            pieces = (rows[:, : sizes[0]], rows[:, sizes[0] :])
        for part, piece in zip(parts, pieces, strict=True):
            yield part, piece.numel()


@pytest.mark.parametrize("name", KINDS)
def test_parts_are_slices_of_the_real_tensors(name: str) -> None:
    @given(sample=SAMPLES[name])
    @settings(max_examples=samples(100 if name in HOLDERS else 5), deadline=None, print_blob=True)
    def look(sample: Sample) -> None:
        facts = inferred(name, sample)
        if isinstance(facts, str):
            return
        assert bool(facts.parts) == (name in HOLDERS)
        if facts.parts:
            compare(name, sample, facts)

    with warnings.catch_warnings(action="ignore"):
        look()


def compare(name: str, sample: Sample, facts: "Facts") -> None:
    """Products add up, and numbers are those of the slices."""
    assert facts.macs == sum(part.macs for part in facts.parts.values())
    real = Counter[str]()
    for part, numbers in slices(name, module(name, sample), sample.arguments):
        real[part] += numbers
    assert {part: share.params for part, share in facts.parts.items()} == dict.fromkeys(facts.parts, 0) | real
