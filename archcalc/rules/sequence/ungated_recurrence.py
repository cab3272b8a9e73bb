"""AC607: a plain recurrence over many steps."""

from math import log10
from typing import TYPE_CHECKING

from archcalc.cures.making import all_of, setting
from archcalc.rules.language import Bad, Context, Cure, DropKey, Findings, Rule, TracedLayer, at

if TYPE_CHECKING:
    from archcalc.layers.recurrent import GRU, LSTM

LEAST = -24 * log10(2)
"""As log10, what single precision rounds away beside 1."""
LONG = 100
"""Steps up to which nothing is said."""


def check(context: Context) -> Findings:
    """Trained recurrent layers without gates that run over more than 100 steps."""
    for layer in context.layers:
        fed_back = layer.facts.weights.get("weight_hh_l0")
        if fed_back is None or fed_back[0] != fed_back[1]:  # a row for each gate and unit
            continue
        steps = layer.inputs[0].tensor.shape[layer.mapped]
        if steps <= LONG or layer.frozen:
            continue
        from archcalc.layers.recurrent import GRU, LSTM, RNN  # the layer's own family, which is there by now

        if isinstance(layer.arguments, RNN) and layer.arguments.nonlinearity == "relu":
            continue  # with the identity as first weights it keeps what it has read (Le et al. 2015)
        left = _left(context, layer)
        if left is not None and left >= LEAST:
            continue  # as it is initialised it keeps what it has read
        own = context.params.layers[layer.name].params  # of one gate; theirs have the same sizes
        costs = " or ".join(f"{each.__name__} ({own * len(each.gates):,} params)" for each in (GRU, LSTM))
        yield at(
            layer,
            f"{steps:,} steps without a gate, {own:,} params",
            key="type",
            consequence=_consequence(left),
            hint=f"take {costs}",
            cures=tuple(_gated(layer, each, own) for each in (GRU, LSTM)),
        )


def _left(context: Context, layer: TracedLayer) -> float | None:
    """log10 of the length of a gradient at the first step, of 1 at the last; None: not known."""
    steps = context.signal.layers[layer.name].steps
    return None if steps is None else steps.backward / 2


def _consequence(left: float | None) -> str:
    if left is None:
        return "a factor of 0.9 a step leaves 0.003 % of a gradient after 100: it forgets"
    return (
        f"as it is initialised 10^{left:.0f} of a gradient at the last step is left at the first: it forgets"
    )


def _gated(layer: TracedLayer, kind: "type[GRU | LSTM]", own: int) -> Cure:
    """The layer with gates; an argument of plain recurrences goes."""
    cure = setting(layer, f"{own * len(kind.gates):,} params", type=kind.__name__)
    plain = layer.origin.written("nonlinearity") is not None
    return all_of(cure, Cure((DropKey(layer.origin, "nonlinearity"),) * plain), because=cure.because)


RULE = Rule(
    code="AC607",
    name="ungated-recurrence",
    severity="warning",
    what="A plain `RNN` with tanh that runs over more than 100 steps.",
    why=(
        "The gradient of a plain recurrence is multiplied by one matrix and the slope of tanh at every step"
        " back. It shrinks or grows with a power of the steps: a network that keeps what it has read has"
        " gradients that vanish, and training got hard in experiments from 10 or 20 steps on. Gates add to"
        " the state instead of replacing it, and a way with a factor near 1 remains. A hundred steps is"
        " where this rule begins to speak, since short texts and truncated training do with less. Frozen"
        " recurrences (echo state networks) learn nothing through time, and ReLU recurrences can start from"
        " the identity; both are not meant, nor what keeps more than 2^-24 of a gradient as it is"
        " initialised."
    ),
    instead="Take `GRU` or `LSTM`, or train on shorter pieces.",
    source=(
        "Bengio, Simard & Frasconi, Learning Long-Term Dependencies with Gradient Descent is Difficult, 1994;"
        " Pascanu et al., On the Difficulty of Training Recurrent Neural Networks, 2013 (arXiv 1211.5063);"
        " Goodfellow, Bengio & Courville, Deep Learning, 2016, section 10.7 (10 or 20 steps)"
    ),
    good=(
        """\
inputs: {series: [1000, 8]}
layers:
  - {type: GRU, hidden_size: 32}
""",
        """\
inputs: {series: [100, 8]}
layers:
  - {type: RNN, hidden_size: 32}
""",
        """\
inputs: {series: [1000, 8]}
layers:
  - {type: RNN, name: reservoir, hidden_size: 200, frozen: true}
  - {type: Linear, out_features: 1}
""",
        """\
inputs: {pixels: [784, 1]}
layers:
  - {type: RNN, hidden_size: 100, nonlinearity: relu}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {series: [400, 8]}
layers:
  - {type: RNN, hidden_size: 32}
  - {type: Linear, out_features: 1}
""",
            line=3,
            column=12,
            message="400 steps without a gate, 1,344 params",
        ),
        Bad(
            """\
inputs: {tokens: {shape: [101], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - type: RNN
    hidden_size: 64
    num_layers: 2
    bidirectional: true
""",
            line=4,
            message="101 steps without a gate, 37,376 params",
        ),
    ),
    check=check,
)
