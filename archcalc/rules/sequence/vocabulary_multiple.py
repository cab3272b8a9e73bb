"""AC605: a vocabulary that is no multiple of 64."""

from archcalc.cures.making import all_of, setting, stating
from archcalc.formulas.rounding import rounded_up
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.maps import width_key
from archcalc.rules.questions.vocabulary import vocabularies

UNIT = 64
"""Rows that a tile of a fast matrix product has."""
LARGE = 1_000
"""Rows from which filling up costs little: at most 6 %."""


def check(context: Context) -> Findings:
    """Tables of many tokens that a linear map scores, and whose number does not divide into tiles."""
    seen: set[str] = set()
    for table, scores in vocabularies(context):
        rows, width = table.facts.weights["weight"]
        if rows < LARGE or rows % UNIT == 0 or table.name in seen:
            continue
        seen.add(table.name)
        full = rounded_up(rows, UNIT)
        yield at(
            table,
            f"{rows:,} tokens, which {scores.subject} scores, are no multiple of {UNIT}",
            key="num_embeddings",
            consequence="the largest matrix product of the network runs over a ragged last tile",
            hint=f"fill up to {full:,}: {full - rows} rows of {width:,} that no token uses",
            cures=(_filled(context, (table, scores), rows, full),),
        )


def _filled(context: Context, layers: "tuple[TracedLayer, TracedLayer]", rows: int, full: int) -> Cure:
    """The table and its scores with more rows: by the variable that both are written with, else in both."""
    table, scores = layers
    why = f"{full - rows} rows that no token uses"
    written = table.origin.written("num_embeddings")
    name = written.lstrip("= ") if isinstance(written, str) else ""
    if context.spec.vars.get(name) == rows:
        return stating(("vars", name), full, because=why)
    both = setting(table, num_embeddings=full), setting(scores, "", **{width_key(scores): full})
    return all_of(*both, because=why)


RULE = Rule(
    code="AC605",
    name="vocabulary-multiple",
    severity="info",
    what="A table of 1,000 or more tokens that a linear map scores, of a number that is no multiple of 64.",
    why=(
        "The map to the scores of all tokens is often the largest matrix product of a language model, and"
        " matrix products are cut into tiles, of 64 or 128 rows mostly. Of 50,257 tokens 17 are left for the"
        " last tile of 64 and, worse, the number is odd, so that rows of 16-bit scores do not begin at"
        " multiples of 16 bytes, as the fast kernels want it; 50,304 can be faster, although they are more."
        " Published vocabularies (GPT-2, BERT) are what they are, so this rule is off unless it is selected."
    ),
    instead="Fill the table up to the next multiple of 64 with rows that no token uses.",
    source=(
        "NVIDIA, Deep Learning Performance: Linear/Fully-Connected Layers; Megatron-LM pads to multiples of"
        " 128 when it is not told otherwise"
    ),
    good=(
        """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 32000, embedding_dim: 64}
  - {type: LSTM, hidden_size: 64}
  - {type: Linear, out_features: 32000}
""",
        """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 30522, embedding_dim: 64, note: only looked up}
  - {type: LSTM, hidden_size: 64}
  - {type: Linear, out_features: 9}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, name: wte, num_embeddings: 50257, embedding_dim: 64}
  - {type: LSTM, hidden_size: 64}
  - {type: Linear, name: head, out_features: 50257, bias: false, tie: wte}
""",
            line=3,
            column=50,
            message="50,257 tokens, which head (Linear) scores, are no multiple of 64",
        ),
        Bad(
            """\
vars: {vocabulary: 10000}
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: =vocabulary, embedding_dim: 64}
  - {type: LSTM, hidden_size: 64}
  - {type: Linear, out_features: =vocabulary}
""",
            line=4,
            message="10,000 tokens, which linear_0 (Linear) scores, are no multiple of 64",
        ),
    ),
    check=check,
)
