"""AC406: a dropout that shifts what a regression predicts."""

from archcalc.cures.making import moved
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import bends, drops
from archcalc.rules.questions.goal import regresses
from archcalc.rules.questions.maps import is_map
from archcalc.rules.questions.neighbours import producer


def check(context: Context) -> Findings:
    """Dropouts behind which an activation bends what is dropped, in a network with ``task: regression``."""
    bent = _bent_behind(context) if regresses(context) else frozenset[str]()
    for layer in context.layers:
        p = float(getattr(layer.arguments, "p", 0))
        shifts = drops(layer) and p > 0 and not layer.arguments.keeps_moments
        if layer.name in bent and shifts:
            yield at(
                layer,
                f"with p {p:g} it changes the variance that the activations behind it see"
                " from training to inference",
                consequence="they bend the mean too, so that predictions are off by a little without dropout",
                hint="leave it out, or drop only what the last linear layer reads",
                cures=_cures(context, layer),
                key="p",
            )


def _cures(context: Context, layer: TracedLayer) -> tuple[Cure, ...]:
    last = (producer(context, port, drops) for port in context.trace.outputs)
    maps = {each.name: each for each in last if each is not None and is_map(each)}
    late = (moved(layer, each, behind=False, because="nothing bends behind it") for each in maps.values())
    from archcalc.rules.questions.removal import leaving_out

    return (*leaving_out(context, layer), *late)


def _bent_behind(context: Context) -> frozenset[str]:
    """Names of the layers with an activation somewhere behind them."""
    found: set[str] = set()
    for layer in reversed(context.layers):
        if layer.name in found or bends(layer) or layer.arguments.halves:
            found.update(port.layer for port in layer.inputs)
    return frozenset(found)


RULE = Rule(
    code="AC406",
    name="dropout-in-regression",
    severity="info",
    what="A Dropout with an activation behind it in a network with `task: regression`.",
    why=(
        "Dropout keeps the mean of what it drops and raises the variance. A linear map passes the right mean"
        " on, but an activation makes another mean of a larger variance, and so the prediction at inference,"
        " where nothing is dropped, is shifted. A classifier only compares scores and hardly notices; for a"
        " regression the number itself counts. Özgür & Nar examined dropout on such problems. Where dropout"
        " stays on at inference to estimate uncertainty there is no shift."
    ),
    instead="No Dropout, or one directly before the last linear layer; weight decay, or a smaller network.",
    source="Özgür & Nar, Effect of Dropout Layer on Classical Regression Problems, 2020 (SIU)",
    good=(
        """\
inputs: {features: [16]}
task: regression
loss: MSELoss
layers:
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Dropout, p: 0.2, note: the last map is linear}
  - {type: Linear, out_features: 1}
""",
        """\
inputs: {features: [16]}
task: classification
layers:
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Dropout, p: 0.2}
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Linear, out_features: 2}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [16]}
task: regression
loss: MSELoss
layers:
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Dropout, p: 0.2}
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Linear, out_features: 1}
""",
            line=7,
            column=24,
            message="with p 0.2 it changes the variance that the activations behind it see",
        ),
        Bad(
            """\
inputs: {features: [16]}
task: regression
layers:
  - Dropout
  - {type: Linear, out_features: 32}
  - GELU
  - {type: Linear, out_features: 1}
""",
            line=4,
            message="with p 0.5 it changes the variance",
        ),
    ),
    check=check,
)
