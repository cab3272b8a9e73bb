"""AC608: scores of a vocabulary that could share the table of its embeddings."""

from archcalc.cures.making import setting
from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.vocabulary import vocabularies


def check(context: Context) -> Findings:
    """Linear maps whose weight has the shape of the table, and which share theirs with nothing."""
    for table, scores in vocabularies(context):
        alike = scores.facts.weights.get("weight") == table.facts.weights["weight"]
        shared = f"{scores.name}.weight" in context.trace.shared
        if not alike or shared or table.untrained or scores.untrained:
            continue
        rows, width = table.facts.weights["weight"]
        share = rows * width / context.params.params
        yield at(
            scores,
            f"its {rows:,} x {width:,} weights could be those of {table.subject}: {rows * width:,} params,"
            f" {share:.1%} of all",
            consequence="two tables learn one thing",
            hint=f"write tie: {table.name}",
            cures=(setting(scores, tie=table.name),),
        )


RULE = Rule(
    code="AC608",
    name="untied-embedding",
    severity="info",
    what="A linear map that scores the tokens of a table of its own shape, without sharing it.",
    why=(
        "The table of embeddings and the map to the scores both hold a vector per token. One table for both"
        " saves rows x width parameters, and small and middle-sized language models get better by it. Large"
        " models often keep two, so this rule is off unless it is selected."
    ),
    instead="Write `tie:` with the name of the embedding at the linear map (and `bias: false`, if you like).",
    source="Press & Wolf, Using the Output Embedding to Improve Language Models, 2017 (arXiv 1608.05859)",
    good=(
        """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, name: wte, num_embeddings: 1024, embedding_dim: 64}
  - {type: LSTM, hidden_size: 64}
  - {type: Linear, out_features: 1024, tie: wte}
""",
        """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1024, embedding_dim: 64}
  - {type: LSTM, hidden_size: 128}
  - {type: Linear, out_features: 1024, note: of another width}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, name: wte, num_embeddings: 1024, embedding_dim: 64}
  - {type: GRU, hidden_size: 64}
  - {type: Linear, name: head, out_features: 1024}
""",
            line=5,
            column=5,
            message="its 1,024 x 64 weights could be those of wte (Embedding): 65,536 params, 41.7% of all",
        ),
        Bad(
            """\
inputs: {source: {shape: [32], dtype: int64}, target: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, name: read, from: source, num_embeddings: 2048, embedding_dim: 64}
  - {type: GRU, name: encoder, hidden_size: 64}
  - {type: Embedding, name: written, from: target, num_embeddings: 2048, embedding_dim: 64}
  - {type: GRU, name: decoder, from: [written, encoder.h_n], hidden_size: 64}
  - {type: Linear, name: head, out_features: 2048, bias: false}
""",
            line=7,
            message="its 2,048 x 64 weights could be those of written (Embedding)",
        ),
    ),
    check=check,
)
