"""AC609: dropout between the layers of a recurrence that has one."""

from typing import cast

from archcalc.rules.entries import has_expression
from archcalc.rules.language import (
    Bad,
    Context,
    Cure,
    DropKey,
    Findings,
    Insert,
    Rule,
    SetKey,
    TracedLayer,
    at,
)
from archcalc.rules.questions.repeats import idle


def check(context: Context) -> Findings:
    """Recurrent layers with dropout and nothing to drop between.

    An entry that is built several times is no mistake where one of them has layers to drop between.
    """
    for layer in idle(context, _acts):
        dropout = _dropout(layer)
        yield at(
            layer,
            f"dropout {dropout:g} does nothing: it acts between layers, and num_layers is 1",
            key="dropout",
            consequence="torch leaves the outputs of the last layer as they are, and warns",
            hint="leave it out, and put a Dropout layer behind; or write num_layers: 2",
            edits=_edits(layer),
            cures=_cures(layer),
        )


def _dropout(layer: TracedLayer) -> float:
    return cast("float", getattr(layer.arguments, "dropout", 0))


def _acts(layer: TracedLayer) -> bool | None:
    """Whether there are layers to drop between; None: nothing is dropped, or elsewhere."""
    layers = cast("int | None", getattr(layer.arguments, "num_layers", None))
    return layers > 1 if layers is not None and _dropout(layer) > 0 else None


def _cures(layer: TracedLayer) -> tuple[Cure, ...]:
    """A layer of its own, or a second layer; without a reader of the new one, no dropout at all."""
    without = DropKey(layer.origin, "dropout")
    behind = Insert(layer.origin, ({"type": "Dropout", "p": _dropout(layer)},), behind=True)
    stacked = Cure((SetKey(layer.origin, "num_layers", "2"),), "it acts between the two")
    return Cure((without, behind)), stacked, Cure((without,), "nothing changes")


def _edits(layer: TracedLayer) -> tuple[SetKey, ...]:
    """Without the dropout, unless a variable could give it layers to act between."""
    given = (layer.origin.written(key) for key in ("dropout", "num_layers", "type"))
    return () if any(map(has_expression, given)) else (SetKey(layer.origin, "dropout", "0"),)


RULE = Rule(
    code="AC609",
    name="idle-recurrent-dropout",
    severity="warning",
    what="An RNN, LSTM or GRU with `dropout` and a single layer.",
    why=(
        "The `dropout` of a recurrent layer acts on the outputs of each of its layers but the last, on their"
        " way into the next one. With one layer there is no such place: the network trains"
        " without the regularisation that its author counts on. torch says so in a warning when the layer"
        " is made, and goes on. Both directions of a bidirectional layer are one layer."
    ),
    instead="A `Dropout` layer behind the recurrent one, or before it, and no `dropout`; or `num_layers: 2`.",
    source=(
        "torch.nn.LSTM (documentation of dropout, and its warning); Zaremba, Sutskever & Vinyals, Recurrent"
        " Neural Network Regularization, 2014 (arXiv 1409.2329): dropout on the connections that are not"
        " recurrent, which the layer's own argument leaves out before the first and behind the last layer"
    ),
    good=(
        """\
inputs: {tokens: [20, 300]}
layers:
  - {type: LSTM, hidden_size: 300}
  - {type: Dropout, p: 0.2}
  - {type: Linear, out_features: 4}
""",
        """\
inputs: {tokens: [20, 300]}
layers:
  - {type: GRU, hidden_size: 64, num_layers: 2, dropout: 0.2}
""",
        """\
inputs: {tokens: [20, 300]}
layers:
  - {type: RNN, hidden_size: 64, dropout: 0.0}
""",
        """\
inputs: {tokens: [20, 300]}
layers:
  - {type: GRU, repeat: 2, hidden_size: 64, num_layers: =1 + i, dropout: 0.2, note: the second has two}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {tokens: [20, 300]}
layers:
  - {type: LSTM, hidden_size: 300, dropout: 0.2}
  - {type: Linear, out_features: 4}
""",
            line=3,
            column=45,
            message="dropout 0.2 does nothing: it acts between layers, and num_layers is 1",
        ),
        Bad(
            """\
inputs: {tokens: [20, 300]}
layers:
  - {type: GRU, hidden_size: 64, num_layers: 1, bidirectional: true, dropout: 0.5}
""",
            line=3,
            message="dropout 0.5 does nothing",
        ),
        Bad(
            """\
inputs: {tokens: [20, 300]}
vars: {depth: 1, dropout: 0.1}
layers:
  - type: RNN
    hidden_size: 64
    num_layers: =depth
    dropout: =dropout
""",
            line=7,
            message="dropout 0.1 does nothing",
            fixable=False,
        ),
    ),
    check=check,
    fixable=True,
)
