"""Random decoders whose arguments follow the length: ``decode`` at each against a trace of that length."""

from typing import TYPE_CHECKING

from hypothesis import event, given, settings
from hypothesis import strategies as st

from archcalc import load, trace
from archcalc.analyses.compute import macs
from archcalc.analyses.decoding import decode
from archcalc.errors import Fault

if TYPE_CHECKING:
    from archcalc.tracing import Trace

Layer = dict[str, object]
WIDTH = 8
LENGTH = "in_shape[0]"
NUMBERS = st.sampled_from(
    [
        "=8",
        f"=8 if {LENGTH} > 5 else 16",
        f"=8 * min({LENGTH}, 4)",
        f"=8 * max(2, 7 - {LENGTH})",
        f"={LENGTH} % 3 * 8 + 8",
        f"=8 * ceil({LENGTH} / 4)",
        f"=8 * (1 + floor({LENGTH} / 5))",
        f"=8 * round({LENGTH} / 6 + 1)",
        f"=8 * (1 + floor(log2({LENGTH})))",
        f"=8 * ceil(sqrt({LENGTH}))",
        f"=8 * floor({LENGTH} * 0.4 + 1)",
        f"=[8, 16, 24][{LENGTH} % 3]",
        "=16 if tokens == 7 else 8",
    ]
)
"""Numbers of features."""
WINDOWS = st.sampled_from([None, 3, f"=max(2, {LENGTH} // 2)", f"=3 if {LENGTH} < 9 else 5"])


@st.composite
def entries(draw: st.DrawFn) -> list[Layer]:
    """Some layers that read (T, WIDTH) and give as much."""
    kind = draw(st.sampled_from(["wide", "attention", "convolution", "recurrence", "optional", "last"]))
    if kind == "wide":
        wide: Layer = {"type": "Linear", "out_features": draw(NUMBERS)}
        return [wide, {"type": "ReLU"}, {"type": "Linear", "out_features": WIDTH}]
    if kind == "attention":
        window = draw(WINDOWS)
        attention: Layer = {"type": "MultiheadAttention", "num_heads": 4, "causal": True}
        return [attention if window is None else {**attention, "window": window}]
    if kind == "convolution":
        turned: Layer = {"type": "Transpose", "dim0": 0, "dim1": 1}
        convolution: Layer = {"type": "Conv1d", "out_channels": WIDTH, "kernel_size": 3}
        return [turned, {"type": "ZeroPad1d", "padding": [2, 0]}, convolution, turned]
    if kind == "recurrence":
        return [{"type": "GRU", "hidden_size": WIDTH}]
    when = draw(st.sampled_from([f"={LENGTH} > 6", f"={LENGTH} % 2 == 0", f"=sqrt({LENGTH}) < 3"]))
    layer: Layer = {"type": "Linear", "out_features": WIDTH, "when": when}
    return [layer] if kind == "optional" else [{"type": "Slice", "dim": 0, "start": f"={LENGTH} - 1"}, layer]


@st.composite
def decoders(draw: st.DrawFn) -> dict[str, object]:
    """A decoder."""
    table = {"type": "Embedding", "num_embeddings": 20, "embedding_dim": WIDTH}
    lists = draw(st.lists(entries(), min_size=1, max_size=4))
    attention = {"type": "MultiheadAttention", "num_heads": 2, "causal": True}
    layers = [table, *(layer for entry in lists for layer in entry), attention]
    tokens = {"shape": ["=tokens"], "dtype": "int64"}
    return {"vars": {"tokens": 7}, "inputs": {"tokens": tokens}, "layers": layers}


@given(decoders(), st.integers(1, 8), st.integers(1, 12))
@settings(max_examples=100, deadline=None, print_blob=True)
def test_each_length_is_a_trace_of_that_length(spec: dict[str, object], prompt: int, new: int) -> None:
    model = load(spec)

    def trace_at(length: int) -> "Trace":
        return trace(model, {}, {"tokens": (length,)})

    try:
        report = decode(trace_at, "tokens", prompt, new)
    except Fault as refused:
        assert any(word in refused.fact for word in ("grow", "after its own", "no decoder")), refused  # noqa: PT017  many are followed, not all
        event("refused")
        return
    event("followed")
    one_by_one = sum(step.macs for step in report.steps), sum(step.macs_uncached for step in report.steps)
    assert report.totals() == one_by_one
    for length, step in enumerate(report.steps, prompt):
        fresh = trace_at(length)
        assert step.length == length
        assert step.macs_uncached == macs(fresh).macs, length
        attention = [layer.facts.attention for layer in fresh.layers if layer.facts.attention is not None]
        kept = (each.cached * min(each.keys, each.window or each.keys) for each in attention)
        assert step.cache_numbers == sum(kept), length
