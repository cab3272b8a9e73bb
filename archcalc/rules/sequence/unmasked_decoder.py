"""AC602: a decoder that reads the tokens it is to predict."""

from typing import TYPE_CHECKING

from archcalc.cures.making import setting, stating
from archcalc.rules.entries import accepts, place_of
from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.goal import has_task
from archcalc.rules.questions.streams import Prediction, looks_ahead, predictions
from archcalc.spec.goals import task_name

if TYPE_CHECKING:
    from archcalc.errors import Place

NEXT_TOKEN = (
    "language_model",
    "autoregressive",
    "auto_regressive",
    "causal",
    "next_token",
    "text_generation",
)
"""Words in tasks that predict the token behind the last one."""
TO_SEQUENCE = (
    *("translat", "summar", "text_to_text", "seq2seq", "sequence_to_sequence", "transduction"),
    *("caption", "transcription", "speech_recognition", "dialog"),
)
"""Words in tasks of encoder-decoders, whose decoder predicts the target token by token."""
AT_ONCE = ("mask", "denois", "non_auto", "nonauto", "non_causal", "parallel", "diffusion", "bidirectional")
"""Words in tasks that predict tokens from both sides, or all at once."""
OWN_INPUTS = 3
"""Query, key and value; a further one can be a mask."""


def check(context: Context) -> Findings:
    """Self attention that looks ahead, on the way from tokens to the scores of the next ones."""
    seen: set[str] = set()
    told: dict[Place, Place] = {}
    for prediction in predictions(context):
        why = _token_by_token(context, prediction)
        for layer in prediction.way if why else ():
            if layer.name in seen or not _unmasked(context, prediction, layer):
                continue
            seen.add(layer.name)
            # A shipped block may write its attention twice, each with a `when`: one entry here, one mistake.
            written = place_of(layer.origin)
            if told.setdefault(place_of(layer.origin.in_spec), written) == written:
                yield at(
                    layer,
                    f"a position reads all {prediction.length:,} of {prediction.tokens!r}, those behind it"
                    f" too, {why}",
                    key="causal",
                    consequence="it copies what it is to predict: the loss goes to 0, and nothing is learned",
                    hint=f"{_way_out(layer)}; if tokens are masked instead, task: masked_language_modeling",
                    cures=(
                        setting(layer, causal=True),
                        stating(
                            ("task",), "masked_language_modeling", because="if tokens are masked instead"
                        ),
                    ),
                )


def _way_out(layer: TracedLayer) -> str:
    """Where the mask is written; the layers of encoders that ship have no key for it."""
    if accepts(layer.origin, "causal"):
        return "write causal: true"
    return "take the block of a decoder, such as GPT2Block, or TransformerEncoderLayer with causal: true"


def _token_by_token(context: Context, prediction: Prediction) -> str:
    """Why every position is to know only those before it; empty where nothing says so."""
    attending = [(layer, each) for layer in prediction.way if (each := layer.facts.attention)]
    every = context.count(layer for layer, _ in attending)
    masked = context.count(layer for layer, each in attending if each.causal)
    asking = any(each.cross for _, each in attending)
    task = task_name(context.spec.task)
    if has_task(context, *AT_ONCE):
        return ""
    if masked:
        return f"while {masked:,} of {every:,} attention layers on the way are causal"
    if has_task(context, *NEXT_TOKEN) or (asking and has_task(context, *TO_SEQUENCE)):
        return f"in a decoder for {task!r}"
    return ""


def _unmasked(context: Context, prediction: Prediction, layer: TracedLayer) -> bool:
    """Whether it is attention that looks ahead, and no input of its own can be its mask."""
    attention = layer.facts.attention
    if attention is None or attention.cross or not any(map(looks_ahead, prediction.reads(layer))):
        return False
    terms = (context.trace.source(port) for port in layer.inputs[OWN_INPUTS:])
    return all(term is not None and term.facts.positional == "bias" for term in terms)


RULE = Rule(
    code="AC602",
    name="unmasked-decoder",
    severity="error",
    what="Self attention without a causal mask in a network that predicts every next token.",
    why=(
        "A decoder is trained on all positions at once: position t predicts token t + 1. Without a mask it"
        " reads that token in its input, copies it, and has learned nothing when it is to write by itself."
        " Followed are the positions from an input of tokens to scores of the same vocabulary. It is a"
        " mistake where the task says that tokens are predicted one after the other (language modelling;"
        " translation with a decoder that reads a memory), or where other attention on the way is causal."
        " Encoders, models of masked tokens and decoders that write all tokens at once are not meant."
    ),
    instead=(
        "Write `causal: true` at the attention, or at the block (TransformerEncoderLayer as decoder)."
        " For masked tokens say `task: masked_language_modeling`."
    ),
    source="Vaswani et al., Attention Is All You Need, 2017 (arXiv 1706.03762), section 3.2.3",
    good=(
        """\
task: language_modeling
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - LearnedPositionalEncoding
  - {type: GPT2Block, num_heads: 4, repeat: 2}
  - {type: Linear, out_features: 1024}
""",
        """\
task: masked_language_modeling
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - LearnedPositionalEncoding
  - {type: BertLayer, num_heads: 4, repeat: 2}
  - {type: Linear, out_features: 1024}
""",
        """\
task: translation
inputs: {source: {shape: [64], dtype: int64}, target: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, name: embedding, from: source, num_embeddings: 1024, embedding_dim: 32}
  - {type: SinusoidalPositionalEncoding, name: read}
  - {type: Embedding, name: embedded, from: target, num_embeddings: 1024, embedding_dim: 32}
  - {type: SinusoidalPositionalEncoding, name: written}
  - {type: Transformer, from: [read, written], nhead: 4, num_encoder_layers: 1, num_decoder_layers: 1}
  - {type: Linear, out_features: 1024}
""",
        """\
task: language_modeling
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - LearnedPositionalEncoding
  - {type: BertLayer, num_heads: 4}
  - {type: Linear, out_features: 9, note: classes of every token}
""",
    ),
    bad=(
        Bad(
            """\
task: language_modeling
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - LearnedPositionalEncoding
  - {type: TransformerEncoder, name: decoder, num_layers: 3, nhead: 4, dim_feedforward: 64}
  - {type: Linear, out_features: 1024}
""",
            line=6,
            column=5,
            message="a position reads all 64 of 'tokens', those behind it too",
        ),
        Bad(
            """\
inputs: {tokens: {shape: [64], dtype: int64}}
blocks:
  layer:
    layers:
      - type: Residual
        body:
          - LayerNorm
          - {type: MultiheadAttention, num_heads: 4, causal: =i > 0}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 32}
  - LearnedPositionalEncoding
  - {type: layer, repeat: 4}
  - {type: Linear, out_features: 1024}
""",
            line=8,
            column=62,
            message="while 3 of 4 attention layers on the way are causal",
        ),
        Bad(
            """\
task: translation
inputs: {source: {shape: [32], dtype: int64}, target: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, name: embedding, from: source, num_embeddings: 1024, embedding_dim: 32}
  - {type: SinusoidalPositionalEncoding, name: read}
  - {type: TransformerEncoderLayer, name: encoder, nhead: 4, dim_feedforward: 64}
  - {type: Embedding, name: embedded, from: target, num_embeddings: 1024, embedding_dim: 32}
  - {type: SinusoidalPositionalEncoding, name: written}
  - type: TransformerDecoderLayer
    from: [written, encoder]
    nhead: 4
    dim_feedforward: 64
    causal: false
  - {type: Linear, out_features: 1024}
""",
            line=9,
            message="a position reads all 64 of 'target', those behind it too",
        ),
    ),
    check=check,
)
