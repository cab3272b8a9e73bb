"""Every layer kind against the real torch module, on random arguments and inputs."""

import warnings
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from archcalc.errors import Fault
from archcalc.facts import Tensor
from archcalc.layers.registry import KINDS, kind
from tests.kinds.drawing import Sample
from tests.kinds.samples import SAMPLES
from tests.kinds.torch_modules import Stated, stated
from tests.samples import samples

if TYPE_CHECKING:
    from archcalc.facts import Facts

EXAMPLES = 150
FEW = 60
SEARCHED = 1_500
"""Samples of which some are taken and some refused, where the few that were compared were all alike."""
SLOW = ("MultiheadLatentAttention", "GatedDeltaNet", "ConvLSTM")
"""Kinds whose modules are made of many."""
BATCH_STAYS = "is the batch axis, which stays"
NOTHING_LEFT = "would be left"
DELIBERATE = {
    "Flatten": BATCH_STAYS,
    "Unflatten": BATCH_STAYS,
    "GLU": BATCH_STAYS,
    "GroupNorm": "num_channels is",
    **dict.fromkeys(("Slice", "SliceScatter"), "hold nothing"),
    "Split": "needs at least 1",
    "Einsum": "has a letter twice",
    **dict.fromkeys(("LayerNorm", "RMSNorm"), "sizes, but a sample has"),
    **dict.fromkeys(("Squeeze", "Mean", "Sum", "Max", "Min", "Norm", "Var", "Std"), NOTHING_LEFT),
    **dict.fromkeys(("Argmax", "Argmin"), NOTHING_LEFT),
    **dict.fromkeys(("LSTM", "LSTMCell"), "c_0 is int64"),
    **dict.fromkeys(
        ("GCNConv", "SAGEConv", "GINConv", "ChebConv", "TransformerConv", "RGCNConv"), "node features"
    ),
}
"""What torch allows and a kind refuses: to treat the batch as positions, results without numbers or axes,
a number of channels that torch does not look at where nothing is learned, and
whole numbers of a first state, which an LSTMCell and an LSTM with projections add to their real ones, and
other LSTMs refuse."""
OF_EDGES = {
    "ChebConv": "edge_weight",
    "TransformerConv": "edge_attr needs shape",
    "RGCNConv": "edge_type",
}
"""What of edges torch_geometric does not look at: with one map nothing reads weights, a lone number an edge
is taken for the features of one edge where sizes happen to agree, and a real number may be a relation."""


def inferred(name: str, sample: Sample) -> "Facts | str":
    """What the kind states, or why it refuses."""
    try:
        tensors = tuple(Tensor(*arriving) for arriving in sample.arriving)
        return kind(name).model_validate(sample.arguments).infer(tensors)
    except (ValidationError, Fault) as refusal:
        return str(refusal)


def deliberate(name: str, sample: Sample, refusal: str) -> bool:
    """What torch allows and archcalc refuses on purpose.

    An axis too few: torch takes the batch for the channels of a single sample. An axis too many: torch's
    AdaptiveAvgPool3d to one position averages any number of them. More numbers for a pad than its axes take:
    torch goes on to pad the channels, and the batch. A circular pad round fewer positions than it adds, since
    its other side cuts the rest off: torch leaves them as they happen to stand in memory.
    """
    if DELIBERATE.get(name, "\n") in refusal or any(words in refusal for words in OF_EDGES.get(name, ())):
        return True
    if "Pad" in name and (" values for " in refusal or "that the negative side leaves" in refusal):
        return True
    rank = getattr(kind(name), "rank", {"Dropout1d": 1, "LayerScale2d": 2}.get(name))
    return rank is not None and len(sample.shapes[0]) != rank + 1 and refusal.startswith("needs")


def empty(theirs: Stated) -> bool:
    """Whether torch gives an output without positions, which archcalc refuses: no layer could read it."""
    return any(0 in shape for shape in theirs.outputs)


def examples(name: str) -> int:
    """Samples of a kind: all where many arguments meet, few where the real module is a slow one."""
    usual = max(EXAMPLES, 25 * len(kind(name).model_fields))
    if name in SLOW:
        return samples(FEW)
    return usual if usual > EXAMPLES else samples(usual)


@pytest.mark.parametrize("name", KINDS)
def test_facts_are_those_of_the_torch_module(name: str) -> None:
    """Kinds with many arguments are looked at more often, so that these meet each other.

    The comparison sees real cases: enough samples of a kind are valid, and some are not.
    """
    seen: list[bool] = []

    @given(sample=SAMPLES[name])
    @settings(max_examples=examples(name), deadline=None, print_blob=True)
    def look(sample: Sample) -> None:
        mine = inferred(name, sample)
        seen.append(not isinstance(mine, str))
        compare(name, sample, mine)

    with warnings.catch_warnings(action="ignore"):
        look()
    seen = seen if are_mixed(seen) else many_taken(name)
    assert are_mixed(seen), f"{seen.count(True)} of {len(seen)} samples are taken"


def many_taken(name: str) -> list[bool]:
    """Of the same many samples every time, whether the kind takes them."""
    seen: list[bool] = []

    @given(sample=SAMPLES[name])
    @settings(max_examples=SEARCHED, deadline=None, database=None, derandomize=True)
    def look(sample: Sample) -> None:
        seen.append(not isinstance(inferred(name, sample), str))

    look()
    return seen


def are_mixed(taken: list[bool]) -> bool:
    """Whether enough samples are taken, and some are not."""
    return len(taken) / 8 < taken.count(True) < len(taken)


def compare(name: str, sample: Sample, mine: "Facts | str") -> None:
    """Both refuse the sample, or all that archcalc states is so."""
    theirs = stated(name, sample)
    if isinstance(mine, str):
        agreed = theirs is None or empty(theirs) or deliberate(name, sample, mine)
        assert agreed, f"only archcalc refuses: {mine}"
        return
    assert theirs is not None, f"only torch refuses {sample}"
    assert Stated(
        tuple(tensor.shape for tensor in mine.outputs.values()),
        dict(mine.weights),
        dict(mine.buffers),
        mine.macs if mine.macs is not None else -1,
        tuple(tensor.dtype for tensor in mine.outputs.values()),
    ) == (theirs if mine.macs is not None else theirs._replace(macs=-1))
