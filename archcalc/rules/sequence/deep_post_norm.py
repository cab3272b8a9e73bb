"""AC606: a deep Transformer with its norms behind the sums."""

from typing import TYPE_CHECKING

from archcalc.cures.making import all_of
from archcalc.cures.shortcutting import norm_to_front
from archcalc.layers.mathematics import Statistics
from archcalc.rules.language import Bad, Context, Cure, Findings, Insert, Rule, TracedLayer, at
from archcalc.rules.questions.functions import drops
from archcalc.rules.questions.neighbours import follower
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

DEEP = 12
"""Layers up to which norms behind the sums are in common use (BERT base)."""


class Chain(NamedTuple):
    """Norms behind the sums of self attention, one behind the other."""

    length: int
    first: TracedLayer
    bodies: "tuple[tuple[TracedLayer, TracedLayer], ...]" = ()
    """Each norm beside the first layer of the branch whose sum it reads."""


def check(context: Context) -> Findings:
    """The longest chain of such norms from each first one."""
    by_length = sorted(_chains(context).values(), key=lambda each: each.length)
    longest = {chain.first.name: chain for chain in by_length}
    for chain in longest.values():
        if chain.length > DEEP:
            yield at(
                chain.first,
                f"{chain.length} layers of attention in a row have their norm behind the sum",
                consequence="gradients near the output start large: without a warm-up it may diverge",
                hint="put the norms in front of attention and maps (norm_first: true), and one behind all",
                cures=_cures(chain),
            )


def _cures(chain: Chain) -> tuple[Cure, ...]:
    """The norms in front of the branches, by an argument of the block or by hand."""
    use = chain.first.origin.in_spec
    shipped = use.document is not chain.first.origin.document
    around = use if shipped else chain.first.origin.use
    last = Cure((Insert(around, ("LayerNorm",), behind=True),) if around is not None else ())
    why = "norms in front of attention and maps, and one behind all"
    to_front = (norm_to_front(norm, body) for norm, body in chain.bodies)
    return (all_of(*to_front, last, because=why),)


def _chains(context: Context) -> "Mapping[str, Chain]":
    """Layer -> the chain on which it stands, along the sequence itself and not along a memory it reads."""
    norms = _post_norms(context)
    chains: dict[str, Chain] = {}
    for layer in context.layers:
        attention = layer.facts.attention
        own = layer.inputs[:1] if attention is not None and attention.cross else layer.inputs
        found = [chains[port.layer] for port in own if port.layer in chains]
        chain = max(found, key=lambda each: each.length, default=None)
        if layer.name in norms:
            before = chain or Chain(0, layer)
            chain = Chain(
                before.length + context.times(layer.name),
                before.first,
                (*before.bodies, (layer, norms[layer.name])),
            )
        if chain is not None:
            chains[layer.name] = chain
    return chains


def _post_norms(context: Context) -> "Mapping[str, TracedLayer]":
    """Norms that alone read the sum of a sequence and its self attention, and are trained.

    Each with the first layer of the attention's branch.
    """
    found: dict[str, TracedLayer] = {}
    for shortcut in context.shortcuts:
        attends = (layer.facts.attention for layer in shortcut.body)
        if shortcut.way or not any(each is not None and not each.cross for each in attends):
            continue
        norm = follower(context, shortcut.merge, drops)
        trained = norm is not None and not norm.frozen
        if norm and trained and norm.arguments.normalizes is Statistics.FEATURES:
            found[norm.name] = shortcut.body[0]
    return found


RULE = Rule(
    code="AC606",
    name="deep-post-norm",
    severity="warning",
    what="More than 12 layers of self attention in a row whose norm stands behind the sum.",
    why=(
        "With the norm behind the sum there is no way from the output to the first layer that passes no norm,"
        " and when training begins the gradients near the output are large, the more so the deeper the"
        " network. Such Transformers need a warm-up of the learning rate, and deep ones have failed all the"
        " same (Wang et al.), where those with the norms in front trained, even without a warm-up (Xiong et"
        " al.). Twelve layers are in common use (BERT base); more can be trained with care (BERT large has"
        " 24). Layers are counted, since the first mean squares do not tell: as torch draws such layers the"
        " gradient keeps its size along them within 1 or 2 % a layer (`archcalc signal`); what fails is the"
        " first steps, of whose size at the last layers Xiong et al. tell. Sums whose shortcut is scaled"
        " (DeepNorm), and norms at the end of the branch, are not meant."
    ),
    instead=(
        "Put the norm in front of attention and maps (`norm_first: true`) and one behind the last layer, or"
        " scale the shortcut as DeepNorm does."
    ),
    source=(
        "Xiong et al., On Layer Normalization in the Transformer Architecture, 2020 (arXiv 2002.04745);"
        " Wang et al., Learning Deep Transformer Models for Machine Translation, 2019 (arXiv 1906.01787)"
    ),
    good=(
        """\
inputs: {tokens: [64, 32]}
layers:
  - SinusoidalPositionalEncoding
  - {type: TransformerEncoder, num_layers: 12, nhead: 4, dim_feedforward: 64}
""",
        """\
inputs: {tokens: [64, 32]}
layers:
  - SinusoidalPositionalEncoding
  - {type: TransformerEncoder, num_layers: 24, nhead: 4, dim_feedforward: 64, norm_first: true, norm: true}
""",
        """\
inputs: {read: [64, 32], written: [64, 32]}
layers:      # 12 layers each: the decoder's do not stand behind the encoder's
  - {type: SinusoidalPositionalEncoding, name: source, from: read}
  - {type: SinusoidalPositionalEncoding, name: target, from: written}
  - {type: TransformerEncoder, name: encoder, from: source, num_layers: 12, nhead: 4, dim_feedforward: 64}
  - {type: TransformerDecoder, from: [target, encoder], num_layers: 12, nhead: 4, dim_feedforward: 64}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {tokens: [64, 32]}
layers:
  - SinusoidalPositionalEncoding
  - {type: BertLayer, name: layer, num_heads: 4, repeat: 24}
""",
            line=4,
            column=5,
            message="24 layers of attention in a row have their norm behind the sum",
        ),
        Bad(
            """\
inputs: {tokens: [64, 32]}
blocks:
  layer:
    layers:
      - type: Residual
        body:
          - {type: MultiheadAttention, num_heads: 4}
          - Dropout
      - LayerNorm
      - type: Residual
        body:
          - {type: Linear, out_features: 64}
          - GELU
          - {type: Linear, out_features: 32}
      - LayerNorm
layers:
  - SinusoidalPositionalEncoding
  - {type: layer, repeat: 13}
""",
            line=9,
            message="13 layers of attention in a row have their norm behind the sum",
        ),
    ),
    check=check,
)
