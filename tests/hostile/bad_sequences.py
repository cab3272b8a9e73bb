"""Bad recurrent, attention and graph layers: the spec with a mark, and the whole error, word for word."""

from tests.hostile.bad_specs import Bad, bad

HEAD = "inputs: {x: [7, 8], memory: [9, 8], narrow: [9, 6]}\nlayers:\n  - "
TOKENS = "inputs: {t: {shape: [7], dtype: int64}, rows: {shape: [7, 8], dtype: int64}}\nlayers:\n  - "
GRAPH = "inputs: {x: [5, 8], edges: "
ATTENTION = "type: MultiheadAttention, name: a, num_heads: 2"
DOT = "type: ScaledDotProductAttention, name: a, num_heads: 2"
LLAMA = "type: LlamaBlock, name: b, intermediate_size: 8"
TO_FLOAT = "tokens become vectors in an Embedding; other numbers are declared float32"
TO_WHOLE = "declare the input as tokens: {shape: [...], dtype: int64}"
BIG = "{} is beyond 9223372036854775807 (2**63 - 1) in size"


def layer(marked: str, *lines: str) -> Bad:
    """A layer that reads x (7, 8) unless it says what else."""
    written = marked if "from:" in marked else marked.replace(", ", ", from: x, ", 1)
    return bad(f"{HEAD}{{{written}}}\n", *lines)


def tokens(marked: str, *lines: str) -> Bad:
    """A layer on whole numbers: t (7) or rows (7, 8)."""
    return bad(f"{TOKENS}{{{marked}}}\n", *lines)


def graph(edges: str, marked: str, *lines: str) -> Bad:
    """A layer on 5 nodes of 8 features, and edges."""
    return bad(f"{GRAPH}{edges}}}\nlayers:\n  - {{{marked}}}\n", *lines)


def reads(shape: str, source: str) -> str:
    """The line on an input."""
    return f"reads {shape} from {source} (input of the network)"


X, M = reads("[7, 8]", "x"), reads("[9, 8]", "memory")
WRONG: dict[str, Bad] = {
    "heads": layer(
        "type: MultiheadAttention, name: a, num_heads: ¦3",
        "a (MultiheadAttention): 8 features do not divide into 3 heads",
        "write num_heads: 2: 8 = 2 x 4",
        "or write num_heads: 4: 8 = 4 x 2",
        "8 divides into 2 or 4",
        X,
    ),
    "heads of a product": layer(
        "type: ScaledDotProductAttention, name: a, num_heads: ¦3, from: [x, x, x]",
        "a (ScaledDotProductAttention): 8 query features do not divide into 3 heads",
        "write num_heads: 2: 8 = 2 x 4",
        "or write num_heads: 4: 8 = 4 x 2",
        "8 divides into 2 or 4",
        *[X] * 3,
    ),
    "heads of windows": bad(
        "inputs: {x: [6, 6, 8]}\nlayers:\n"
        "  - {type: ShiftedWindowAttention, name: a, window_size: 3, num_heads: ¦5}\n",
        "a (ShiftedWindowAttention): 8 features do not divide into 5 heads",
        "write num_heads: 4: 8 = 4 x 2",
        "or write num_heads: 8: 8 = 8 x 1",
        "8 divides into 4 or 8",
        reads("[6, 6, 8]", "x"),
    ),
    "heads of a block": layer(
        f"{LLAMA}, num_heads: 3",
        "b.self_attn.q_rotary (RotaryEmbedding): 8 features do not divide into 3 heads"
        " (in LlamaAttention.yaml:22:56)",
        "8 divides into 2 or 4",
        "reads [7, 8] from b.self_attn.q_proj (Linear, line 3)",
    ),
    "no heads": layer(
        "type: MultiheadAttention, name: a, num_heads: ¦0",
        "a (MultiheadAttention): num_heads needs at least 1, got 0",
    ),
    "key/value heads": layer(
        "type: MultiheadAttention, name: a, num_heads: 4, num_kv_heads: ¦3",
        "a (MultiheadAttention): 4 heads do not divide into 3 key/value heads",
        "write num_kv_heads: 2",
        "or write num_kv_heads: 4",
        "4 divides into 2 or 4; 1: all share one",
        X,
    ),
    "more key/value heads than heads": layer(
        f"{ATTENTION}, num_kv_heads: ¦4",
        "a (MultiheadAttention): 2 heads do not divide into 4 key/value heads",
        "write num_kv_heads: 2",
        "2 divides into 2; 1: all share one",
        X,
    ),
    "key/value heads of a block": layer(
        f"{LLAMA}, num_heads: 4, num_kv_heads: 3",
        "b.self_attn.attention (ScaledDotProductAttention): 4 heads do not divide into 3 key/value heads"
        " (in LlamaAttention.yaml:29:129)",
        "4 divides into 2 or 4; 1: all share one",
        "reads [7, 8] from b.self_attn.q_rotary (RotaryEmbedding, line 3)",
        "reads [7, 6] from b.self_attn.k_rotary (RotaryEmbedding, line 3)",
        "reads [7, 6] from b.self_attn.v_proj (Linear, line 3)",
    ),
    "a sequence beyond the table": layer(
        "type: LearnedPositionalEncoding, name: p, max_len: ¦6",
        "p (LearnedPositionalEncoding): 7 positions arrive, but the table has 6",
        "write max_len: 7",
        "write max_len: 7, or shorten the sequence",
        X,
    ),
    "a sequence beyond the table's rest": layer(
        "type: LearnedPositionalEncoding, name: p, offset: 2, max_len: ¦8",
        "p (LearnedPositionalEncoding): 7 positions from row 2 on need 9 rows, not 8",
        "write max_len: 9",
        "write max_len: 9, or shorten the sequence",
        X,
    ),
    "no memory": layer(
        f"{ATTENTION}, from: ¦x, cross: true",
        "a (MultiheadAttention): cross attention takes 2 inputs (query, memory) or 3 (query, key, value),"
        " got 1",
        "name the memory too: from: [input, memory]",
        X,
    ),
    "no memory of a block": layer(
        "type: TransformerDecoder, name: b, from: ¦x, nhead: 2, num_layers: 2",
        "b (TransformerDecoder): takes 2 inputs, got 1",
        "name them in this order: from: [tgt, memory]",
    ),
    "no memory of T5": layer(
        "type: T5DecoderBlock, name: b, from: ¦[x, x], num_heads: 2, d_ff: 8",
        "b (T5DecoderBlock): takes 3 inputs, got 2",
        "name them in this order: from: [hidden, bias, memory]",
    ),
    "a wide memory": layer(
        f"{ATTENTION}, from: [x, narrow], kdim: ¦8",
        "a (MultiheadAttention): kdim is 8, but 6 arrive",
        "write kdim: 6",
        X,
        reads("[9, 6]", "narrow"),
    ),
    "wide values": layer(
        f"{ATTENTION}, from: [x, memory], vdim: ¦6",
        "a (MultiheadAttention): vdim is 6, but 8 arrive",
        "write vdim: 8",
        X,
        M,
    ),
    "keys without values": layer(
        f"{DOT}, from: ¦[x, x, memory]",
        "a (ScaledDotProductAttention): 7 keys, but 9 values",
        "a key and a value come from the same position",
        X,
        X,
        M,
    ),
    "a mask on a memory": layer(
        f"{ATTENTION}, from: [x, memory], causal: ¦true",
        "a (MultiheadAttention): causal attention needs as many keys as queries, got 9 and 7",
        "leave causal out: a memory is asked as a whole",
        X,
        M,
    ),
    "a window of nothing": layer(
        f"{ATTENTION}, causal: true, window: ¦0", "a (MultiheadAttention): window needs at least 1, got 0"
    ),
    "a negative window": layer(
        f"{ATTENTION}, window: ¦-3", "a (MultiheadAttention): window needs at least 1, got -3"
    ),
    "a window without a middle": layer(
        f"{ATTENTION}, window: ¦4",
        "a (MultiheadAttention): a window of 4 has no middle",
        "write window: 3",
        "or write window: 5",
        "write 3 or 5, or causal: true",
        X,
    ),
    "a shift of a whole window": bad(
        "inputs: {x: [6, 6, 8]}\nlayers:\n"
        "  - {type: ShiftedWindowAttention, name: a, num_heads: 2, window_size: 3, shift_size: ¦3}\n",
        "a (ShiftedWindowAttention): shift_size 3 is not below window_size 3",
        "write shift_size: 2",
        "half a window is usual: 1",
        reads("[6, 6, 8]", "x"),
    ),
    "odd heads that turn": bad(
        "inputs: {x: [7, 9]}\nlayers:\n  - {type: RotaryEmbedding, name: r, num_heads: ¦3}\n",
        "r (RotaryEmbedding): 3 of 3 features of a head do not pair",
        "9 features in 3 heads; of each an even number is turned",
        reads("[7, 9]", "x"),
    ),
    "odd sines": bad(
        "inputs: {x: [7, 9]}\nlayers:\n  - ¦{type: SinusoidalPositionalEncoding, name: s}\n",
        "s (SinusoidalPositionalEncoding): 9 features do not pair into sines and cosines",
        "10 would",
        reads("[7, 9]", "x"),
    ),
    "a bias of three heads": bad(
        f"inputs: {{x: [7, 8], b: [3, 7, 7]}}\nlayers:\n  - {{{DOT}, from: ¦[x, x, x, b]}}\n",
        "a (ScaledDotProductAttention): the bias is [3, 7, 7], but 2 heads score [7, 7]",
        "it needs [2, 7, 7] or [1, 7, 7]",
        *[X] * 3,
        reads("[3, 7, 7]", "b"),
    ),
    "a mask of too many keys": bad(
        f"inputs: {{x: [7, 8], b: {{shape: [2, 7, 9], dtype: bool}}}}\n"
        f"layers:\n  - {{{DOT}, from: ¦[x, x, x, b]}}\n",
        "a (ScaledDotProductAttention): the bias is [2, 7, 9], but 2 heads score [7, 7]",
        "it needs [2, 7, 7] or [1, 7, 7]",
        *[X] * 3,
        reads("[2, 7, 9]", "b"),
    ),
    "a mask of whole numbers": bad(
        f"inputs: {{x: [7, 8], b: {{shape: [2, 7, 7], dtype: int64}}}}\n"
        f"layers:\n  - {{{DOT}, from: ¦[x, x, x, b]}}\n",
        "a (ScaledDotProductAttention): the bias is int64, but the query float32",
        "bool is a mask: false for keys that are not asked",
        *[X] * 3,
        reads("[2, 7, 7]", "b"),
    ),
    "a projection that does not shrink": layer(
        "type: LSTM, name: r, hidden_size: 4, proj_size: ¦4",
        "r (LSTM): proj_size 4 is not smaller than hidden_size 4",
        "write proj_size: 3",
        "leave it out to keep all features",
        X,
    ),
    "a projection of a GRU": layer(
        "type: GRU, name: r, hidden_size: 4, ¦proj_size: 2",
        "r (GRU): unknown key 'proj_size'",
        "did you mean 'input_size'?",
    ),
    "a first state of two layers": layer(
        "type: GRU, name: r, hidden_size: 8, from: ¦[x, memory]",
        "r (GRU): h_0 has shape [9, 8], but [1, 8] is needed",
        "the sizes are directions x layers, and features, without the batch axis",
        X,
        M,
    ),
    "a batch axis": bad(
        "inputs: {x: [2, 7, 8]}\nlayers:\n  - ¦{type: LSTM, name: r, hidden_size: 4}\n",
        "r (LSTM): needs 2 axes (steps, features), got 3: [2, 7, 8]",
        "write inputs: {x: [7, 8]}: shapes have no batch axis",
        "shapes are written without the batch axis",
        reads("[2, 7, 8]", "x"),
    ),
    "more experts than there are": layer(
        "type: MixtralBlock, name: b, num_heads: 2, intermediate_size: 8, num_experts: 4, top_k: 5",
        "b.mlp.gate (TopKRouter): a position uses 5 of 4 experts (in MixtralBlock.yaml:27:57)",
        "write num_experts: 5",
        "top_k is at most 4",
        "reads [7, 8] from b.post_attention_layernorm (RMSNorm, line 3)",
    ),
    "tokens in a Linear": tokens(
        "type: Linear, name: l, from: t, out_features: 3",
        "l (Linear): needs a floating point input, got int64",
        TO_FLOAT,
        reads("[7]", "t"),
    ),
    "tokens in attention": tokens(
        f"{ATTENTION}, from: ¦rows",
        "a (MultiheadAttention): needs floating point inputs, got int64",
        TO_FLOAT,
        reads("[7, 8]", "rows"),
    ),
    "tokens in an LSTM": tokens(
        "type: LSTM, name: r, from: rows, hidden_size: 3",
        "r (LSTM): needs a floating point input, got int64",
        TO_FLOAT,
        reads("[7, 8]", "rows"),
    ),
    "numbers in an Embedding": layer(
        "type: Embedding, name: e, from: x, num_embeddings: 5, embedding_dim: 3",
        "e (Embedding): needs whole numbers (int64 or int32), got float32",
        "write inputs: {x: {shape: [7, 8], dtype: int64}}: tokens are whole numbers",
        TO_WHOLE,
        X,
    ),
    "edges of three ends": graph(
        "{shape: [3, 6], dtype: int64}",
        "type: GCNConv, name: g, from: ¦[x, edges], out_channels: 3",
        "g (GCNConv): edge_index needs shape [2, E], got [3, 6]",
        "a column per edge: where it begins, where it leads to",
        reads("[5, 8]", "x"),
        reads("[3, 6]", "edges"),
    ),
    "edges in rows": graph(
        "{shape: [6, 2], dtype: int64}",
        "type: GATConv, name: g, from: ¦[x, edges], out_channels: 3",
        "g (GATConv): edge_index needs shape [2, E], got [6, 2]",
        "a column per edge: where it begins, where it leads to",
        reads("[5, 8]", "x"),
        reads("[6, 2]", "edges"),
    ),
    "edges of real numbers": graph(
        "[2, 6]",
        "type: SAGEConv, name: g, from: ¦[x, edges], out_channels: 3",
        "g (SAGEConv): edge_index needs int64, got float32",
        "inputs: {edge_index: {shape: [2, E], dtype: int64}}",
        reads("[5, 8]", "x"),
        reads("[2, 6]", "edges"),
    ),
    "nodes of whole numbers": bad(
        "inputs: {x: {shape: [5, 8], dtype: int64}, edges: {shape: [2, 6], dtype: int64}}\n"
        "layers:\n  - {type: GCNConv, name: g, from: ¦[x, edges], out_channels: 3}\n",
        "g (GCNConv): needs floating point node features, got int64",
        "declare the input without a dtype: it is float32",
        reads("[5, 8]", "x"),
        reads("[2, 6]", "edges"),
    ),
    "no edges": graph(
        "{shape: [2, 6], dtype: int64}",
        "type: GCNConv, name: g, from: ¦x, out_channels: 3",
        "g (GCNConv): takes x and edge_index, and edge_weight at will, got 1 input",
        "name them: from: [x, edge_index]",
        reads("[5, 8]", "x"),
    ),
    "endless heads": layer(
        "type: MultiheadAttention, name: a, num_heads: ¦4611686018427387904",
        "a (MultiheadAttention): 8 features do not divide into 4611686018427387904 heads",
        X,
    ),
    "endless layers": layer(
        "type: LSTM, name: r, hidden_size: 3, num_layers: ¦1000000000000",
        "r (LSTM): num_layers needs at most 1024, got 1000000000000",
    ),
    "endless blocks": layer(
        f"{LLAMA}, num_heads: 2, repeat: ¦100000000",
        "b (LlamaBlock): repeat needs a whole number from 0 to 2,000,000, got 100000000",
    ),
    "a number without end": layer(
        "type: LSTM, name: r, hidden_size: ¦1000000000000000000000",
        BIG.format("'1000000000000000000000'"),
        "write a smaller number",
    ),
}
"""Name of a case -> the spec, marked unless the error points at the whole layer, and the lines of the error.

Names of shipped blocks stand without their folder.
"""
