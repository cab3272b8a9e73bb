"""``archcalc decode`` beside transformers' decoders: products counted by torch, bytes of the real cache."""

import json
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tests.blocks.adapted import made_by, settings
from tests.cli.running import run
from tests.zoo.language_models import language_model, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.zoo.language_models import Settings

    Capsys = pytest.CaptureFixture[str]

BATCH, PROMPT, NEW, VOCABULARY = 2, 7, 5, 23
LENGTHS = range(PROMPT, PROMPT + NEW)
SMALL: "Settings" = {"vocab": VOCABULARY, "width": 32, "depth": 3, "heads": 4}
MODELS: "list[tuple[str, Settings]]" = [
    ("gpt2", {"positions": PROMPT + NEW - 1}),
    ("llama_2_7b", {"inner": 40}),
    ("llama_3_8b", {"inner": 40, "kv_heads": 2}),
    ("mixtral_8x7b", {"inner": 40, "kv_heads": 2, "experts": 5, "top_k": 3}),
    ("gemma_2b", {"inner": 40, "head_dim": 12}),
    ("qwen3_0_6b", {"inner": 40, "kv_heads": 1, "head_dim": 6}),
]


class Layer(Protocol):
    """Keys and values of one layer: (N, heads, positions, features)."""

    keys: Tensor
    values: Tensor


class Cache(Protocol):
    """Of a decoder alone."""

    layers: list[Layer]


class Output(Protocol):
    """Of a pass."""

    past_key_values: object
    logits: Tensor


class Stated(NamedTuple):
    """A step of ``archcalc decode``."""

    macs: int
    macs_without_cache: int
    cache_bytes: int


def stated(capsys: "Capsys", spec: str, given: "Settings", *more: str) -> "list[Stated]":
    """The steps that the command prints for a spec with these variables."""
    setting = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    sizes = ["--prompt", str(PROMPT), "--new", str(NEW), "--batch", str(BATCH), "--dtype", "float32"]
    capsys.readouterr()  # what transformers says of small vocabularies
    told = run(capsys, "decode", spec, *setting, *sizes, "--format", "json", *more)
    assert (told.code, told.err) == (0, "")
    steps = json.loads(told.out)["steps"]
    assert [step["length"] for step in steps] == list(LENGTHS)
    return [Stated(*(step[name] for name in Stated._fields)) for step in steps]


def counted(module: nn.Module, *inputs: Tensor, **options: object) -> tuple[int, Output]:
    """Multiply-accumulates of a pass of a batch, and what comes out."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        output: Output = module(*inputs, **options)
    flops: int = counter.get_total_flops()
    return flops // 2, output


def cached_steps(
    module: nn.Module, tokens: Tensor, word: str = "input_ids", **options: object
) -> "Iterator[tuple[int, object]]":
    """MACs of the prompt and then of one token at a time, and the cache behind each."""
    macs, output = counted(module, **{word: tokens[:, :PROMPT]}, use_cache=True, **options)
    yield macs, output.past_key_values
    for at in LENGTHS[1:]:
        cache = output.past_key_values
        given = {word: tokens[:, at - 1 : at], "past_key_values": cache, **options}
        macs, output = counted(module, **given, use_cache=True)
        yield macs, output.past_key_values


def bytes_of(cache: Cache) -> int:
    """Bytes of the tensors that a cache holds."""
    return sum(tensor.nbytes for layer in cache.layers for tensor in (layer.keys, layer.values))


@pytest.mark.parametrize(("spec", "given"), MODELS, ids=[name for name, _ in MODELS])
def test_every_step_multiplies_and_keeps_as_much_as_transformers(
    spec: str, given: "Settings", capsys: "Capsys"
) -> None:
    chosen = SMALL | given
    module, tokens = language_model(spec, chosen, "cpu"), words(PROMPT + NEW, VOCABULARY, BATCH)
    steps = cached_steps(module, tokens)
    found = stated(capsys, spec, chosen)
    for length, mine, (macs, cache) in zip(LENGTHS, found, steps, strict=True):
        assert mine.macs == macs
        assert mine.macs_without_cache == counted(module, tokens[:, :length], use_cache=False)[0]
        assert mine.cache_bytes == bytes_of(cast("Cache", cache))


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_bytes_of_a_cache_are_the_closed_form(kv_heads: int, capsys: "Capsys") -> None:
    """2 (key and value) x layers x key/value heads x features of a head x positions x bytes."""
    found = stated(capsys, "llama_3_8b", SMALL | {"inner": 40, "kv_heads": kv_heads})
    per_position = 2 * 3 * kv_heads * 8 * 4
    assert [step.cache_bytes for step in found] == [BATCH * per_position * length for length in LENGTHS]


def test_generate_leaves_out_the_logits_of_all_but_the_last_position(capsys: "Capsys") -> None:
    """It asks the module for one position's; decode counts the network as the spec has it."""
    chosen = SMALL | {"inner": 40, "kv_heads": 2}
    module, tokens = language_model("llama_3_8b", chosen, "cpu"), words(PROMPT, VOCABULARY, BATCH)
    macs, output = counted(module, tokens, logits_to_keep=1)
    assert output.logits.shape[1] == 1
    assert stated(capsys, "llama_3_8b", chosen)[0].macs - macs == BATCH * (PROMPT - 1) * 32 * VOCABULARY


@pytest.mark.parametrize("window", [3, 7, 8, 30])
def test_a_window_bounds_what_a_step_reads(window: int, capsys: "Capsys") -> None:
    """Between two steps transformers keeps one position fewer than the next one will read with its own."""
    chosen = SMALL | {"inner": 40, "kv_heads": 2, "window": window}
    module, tokens = language_model("mistral_7b", chosen, "cpu"), words(PROMPT + NEW, VOCABULARY, BATCH)
    steps = cached_steps(module, tokens)
    found = stated(capsys, "mistral_7b", chosen)
    for length, mine, (macs, cache) in zip(LENGTHS, found, steps, strict=True):
        assert mine.macs == macs
        assert mine.macs_without_cache == counted(module, tokens[:, :length], use_cache=False)[0]
        position = BATCH * 2 * 3 * 2 * 8 * 4
        assert mine.cache_bytes == min(length, window) * position
        assert bytes_of(cast("Cache", cache)) == min(length, window - 1) * position


SIZES = {"num_heads": 4, "d_kv": 6, "d_ff": 40}
T5 = """
name: t5
vars: {source: 6}
inputs:
  source: {shape: [=source], dtype: int64}
  target: {shape: [4], dtype: int64}
blocks:
  into:
    args: {first: false}
    inputs: [x, bias]
    layers:
      - {type: T5Block, from: [x, bias], relative_bias: =first, num_heads: 4, d_kv: 6, d_ff: 40}
  out:
    args: {first: false}
    inputs: [x, bias, read]
    layers:
      - {type: T5DecoderBlock, from: [x, bias, read], relative_bias: =first, num_heads: 4, d_kv: 6, d_ff: 40}
layers:
  - {type: Embedding, name: shared, from: source, num_embeddings: 23, embedding_dim: 32}
  - {type: into, name: e0, from: [shared, shared], first: true}
  - {type: into, name: e1, from: [e0, e0.t5block_0.layer.0.SelfAttention.relative_attention_bias]}
  - {type: RMSNorm, name: encoder}
  - {type: Embedding, name: words, from: target, num_embeddings: 23, embedding_dim: 32, tie: shared}
  - {type: out, name: d0, from: [words, words, encoder], first: true}
  - {type: Identity, name: bias, from: d0.t5decoderblock_0.layer.0.SelfAttention.relative_attention_bias}
  - {type: out, name: d1, from: [d0, bias, encoder], repeat: 2}
  - RMSNorm
  - {type: Linear, name: lm_head, out_features: 23, bias: false, tie: shared}
"""


class TwoCaches(Protocol):
    """Of a decoder that reads a memory too."""

    self_attention_cache: Cache
    cross_attention_cache: Cache


class Encoder(Protocol):
    """What gives a model's encoder."""

    def get_encoder(self) -> nn.Module:
        """The encoder."""
        ...


@pytest.mark.parametrize("source", [1, 6, 19])
def test_a_decoder_with_a_memory_is_that_of_t5(source: int, tmp_path: "Path", capsys: "Capsys") -> None:
    """The encoder and the keys and values of its memory count once, in the first step."""
    options = {**SIZES, "d_model": 32, "num_layers": 2, "num_decoder_layers": 3, "vocab_size": VOCABULARY}
    module = made_by("t5", "T5ForConditionalGeneration")(settings("t5", "T5", **options)).eval()
    read, target = words(source, VOCABULARY, BATCH), words(PROMPT + NEW, VOCABULARY, BATCH)
    path = tmp_path / "t5.yaml"
    path.write_text(T5, encoding="utf-8")
    found = stated(capsys, str(path), {"source": source})
    once, memory = counted(cast("Encoder", module).get_encoder(), read)
    steps = cached_steps(module, target, "decoder_input_ids", encoder_outputs=memory)
    for length, mine, (macs, cache) in zip(LENGTHS, found, steps, strict=True):
        assert mine.macs == macs + (once if length == PROMPT else 0)
        uncached, _ = counted(module, read, decoder_input_ids=target[:, :length], use_cache=False)
        assert mine.macs_without_cache == uncached
        both = cast("TwoCaches", cache)
        kept = bytes_of(both.self_attention_cache) + bytes_of(both.cross_attention_cache)
        assert mine.cache_bytes == kept


TORCH = """
name: translator
inputs: {memory: [5, 32], target: {shape: [4], dtype: int64}}
layers:
  - {type: Embedding, name: embedding, from: target, num_embeddings: 23, embedding_dim: 32}
  - {type: TransformerDecoderLayer, from: [embedding, memory], nhead: 4, dim_feedforward: 40, repeat: 2}
  - {type: Linear, name: head, out_features: 23}
"""


def test_without_a_cache_a_decoder_is_that_of_torch(tmp_path: "Path", capsys: "Capsys") -> None:
    layer = nn.TransformerDecoderLayer(32, 4, 40, batch_first=True)
    decoder, head = nn.TransformerDecoder(layer, 2).eval(), nn.Linear(32, VOCABULARY)
    path = tmp_path / "translator.yaml"
    path.write_text(TORCH, encoding="utf-8")
    for length, mine in zip(LENGTHS, stated(capsys, str(path), {}), strict=True):
        target, memory = torch.rand(BATCH, length, 32), torch.rand(BATCH, 5, 32)
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            head(decoder(target, memory))
        assert 2 * mine.macs_without_cache == counter.get_total_flops()


def test_with_a_cache_torch_s_attention_is_asked_by_one_position(tmp_path: "Path", capsys: "Capsys") -> None:
    """What a step saves: all other rows of every map and product, and the keys and values of the memory."""
    path = tmp_path / "translator.yaml"
    path.write_text(TORCH, encoding="utf-8")
    for length, mine in list(zip(LENGTHS, stated(capsys, str(path), {}), strict=True))[1:]:
        own, cross = 4 * 32 * 32 + 2 * length * 32, 2 * 32 * 32 + 2 * 5 * 32
        assert mine.macs == BATCH * (2 * (own + cross + 2 * 32 * 40) + 32 * VOCABULARY)
        assert mine.cache_bytes == BATCH * 2 * 2 * (length + 5) * 32 * 4
