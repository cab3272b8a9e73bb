"""Encoders against torch, torchvision and transformers: tensors by name, products, figures."""

import csv
import json
import re
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archcalc import SpecError, params
from archcalc.analyses.attention import attention
from archcalc.analyses.compute import macs
from archcalc.tracing.records import tensor_name
from tests.cli.running import run
from tests.zoo.comparison import tensors, totals, traced
from tests.zoo.encoder_models import BUILDERS, real_module

if TYPE_CHECKING:
    from archcalc.expressions import Value

    Settings = dict[str, Value]

LARGE: "Settings" = {"width": 1024, "depth": 24, "heads": 16}
BIG: "Settings" = {"width": 1024, "heads": 16}
MASKED: "Settings" = {"masked_lm": True}
PAIRS: "Settings" = {"masked_lm": True, "next_sentence": True}
BASE: "Settings" = {"width": 768, "depth": 12, "heads": 12}
BIASED: "Settings" = {"attention_bias": True}
FRENCH: "Settings" = {"vocab": 32_000}
T5_1_1: "Settings" = {"gated": True, "activation": "GELU", "tied": False}
T5_1_1_SMALL: "Settings" = {**T5_1_1, "inner": 1024, "depth": 8, "heads": 6}
HUGE: "Settings" = {"patch": 14, "width": 1280, "depth": 32, "heads": 16}
SWIN_S: "Settings" = {"depths": [2, 2, 18, 2], "drop": 0.3}
SWIN_B: "Settings" = {**SWIN_S, "width": 128, "heads": [4, 8, 16, 32], "drop": 0.5}


class Figures(NamedTuple):
    """What is known of a network; tables are those of tokens, positions and distances."""

    params: int
    tables: int
    macs: int | None = None
    buffers: int = 0


ROWS: "tuple[tuple[str, Settings, Figures], ...]" = (
    ("transformer_wmt", {}, Figures(63_045_632, 18_944_000)),
    ("transformer_wmt", BIASED, Figures(63_082_496, 18_944_000)),
    ("transformer_wmt", FRENCH, Figures(60_485_632, 16_384_000)),
    ("transformer_wmt", FRENCH | BIASED, Figures(60_522_496, 16_384_000)),
    ("transformer_wmt", BIG, Figures(214_171_648, 37_888_000)),
    ("transformer_wmt", BIG | BIASED, Figures(214_245_376, 37_888_000)),
    ("transformer_wmt", BIG | FRENCH, Figures(209_051_648, 32_768_000)),
    ("transformer_wmt", BIG | FRENCH | BIASED, Figures(209_125_376, 32_768_000)),
    ("bert_base", {}, Figures(109_482_240, 23_835_648, 11_174_215_680)),
    ("bert_base", MASKED, Figures(109_514_298, 23_835_648, 14_249_558_016)),
    ("bert_base", PAIRS, Figures(110_106_428, 23_835_648, 14_250_149_376)),
    ("bert_base", {"next_sentence": True}, Figures(109_483_778, 23_835_648)),
    ("bert_base", LARGE, Figures(335_141_888, 31_780_864, 39_461_060_608)),
    ("bert_base", LARGE | MASKED, Figures(335_174_458, 31_780_864, 43_594_809_344)),
    ("roberta_base", {}, Figures(124_645_632, 38_999_040, 11_174_215_680)),
    ("roberta_base", MASKED, Figures(124_697_433, 38_999_040, 16_190_373_888)),
    ("roberta_base", LARGE, Figures(355_359_744, 51_998_720)),
    ("t5_small", {}, Figures(60_506_624, 16_450_048, 8_044_675_072)),
    ("t5_small", BASE, Figures(222_903_552, 24_675_072)),
    ("t5_small", T5_1_1_SMALL, Figures(76_961_152, 16_449_920)),
    ("vit_b_16", {}, Figures(86_567_656, 0, 17_563_828_224)),
    ("vit_b_16", {"patch": 32}, Figures(88_224_232, 0)),
    ("vit_b_16", LARGE, Figures(304_326_632, 0)),
    ("vit_b_16", HUGE, Figures(632_045_800, 0)),
    ("swin_t", {}, Figures(28_288_354, 0, 4_490_566_656, 28_812)),
    ("swin_t", SWIN_S, Figures(49_606_258, 0, None, 57_624)),
    ("swin_t", SWIN_B, Figures(87_768_224, 0, None, 57_624)),
)
"""Spec, its variables, and known figures: MACs of 128 tokens (source and target), of 224 x 224."""


def ids(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={chosen}" for name, chosen in cast("Settings", value).items())
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize(("name", "given", "figures"), ROWS, ids=ids)
def test_figures_are_the_known_ones(name: str, given: "Settings", figures: Figures) -> None:
    network = traced(name, **given)
    counted = params(network)
    assert (counted.params, counted.embedding) == (figures.params, figures.tables)
    head = 0 if given.get("tied", True) else 32_128 * 512
    assert counted.non_embedding == figures.params - figures.tables - head
    assert counted.trainable == counted.params == counted.active
    assert counted.buffers == figures.buffers
    if figures.macs is not None:
        assert totals(network).macs == figures.macs


ALIASES = {
    "encoder.embed_tokens.weight",  # the table `shared`, under the name of its use in the encoder
    "cls.predictions.bias",  # the bias of cls.predictions.decoder
    "lm_head.bias",  # the bias of lm_head.decoder
}
"""Second names of one and the same tensor in transformers, which a network here does not have."""


def theirs_of(name: str) -> str:
    """The name in torchvision of a tensor of ViT: a repeat is a scope here, and part of a name there."""
    return re.sub(r"\bencoder_layer\.(\d+)", r"encoder_layer_\1", name)


@pytest.mark.parametrize(("name", "given", "_"), ROWS, ids=ids)
def test_tensors_are_those_of_the_real_module(name: str, given: "Settings", _: Figures) -> None:
    network, module = traced(name, **given), real_module(name, given)
    weights, buffers = tensors(network)
    mine = {theirs_of(own): shape for own, shape in weights.items()}
    theirs = dict(module.named_parameters(remove_duplicate=False))
    assert {own: tuple(theirs[own].shape) for own in mine} == mine
    assert theirs.keys() - mine.keys() <= ALIASES
    assert {id(theirs[own]) for own in mine} == {id(tensor) for tensor in module.parameters()}
    tied = {
        tensor_name(layer.name, own): owner for layer in network.layers for own, owner in layer.tied.items()
    }
    assert all(theirs[own] is theirs[owner] for own, owner in tied.items())
    assert len(mine) - len(tied) == len(list(module.parameters()))
    # transformers keeps 0, 1, 2 ... beside the tables, and leaves them out of what it saves.
    saved = module.state_dict().keys() - theirs.keys()
    assert dict(buffers) == {
        own: tuple(tensor.shape) for own, tensor in module.named_buffers() if own in saved
    }


WORDS: "Settings" = {"vocab": 50, "width": 24, "depth": 2, "heads": 4, "inner": 40}
SHORT: "Settings" = {**WORDS, "tokens": 9}
SMALL: "tuple[tuple[str, Settings], ...]" = (
    ("transformer_wmt", {**WORDS, "source_tokens": 9, "target_tokens": 5}),
    ("transformer_wmt", {**WORDS, "source_tokens": 3, "target_tokens": 7, "attention_bias": True}),
    ("bert_base", SHORT),
    ("bert_base", SHORT | MASKED),
    ("bert_base", SHORT | PAIRS),
    ("bert_base", SHORT | {"next_sentence": True}),
    ("roberta_base", SHORT),
    ("roberta_base", SHORT | MASKED),
    ("t5_small", SHORT | {"head_dim": 5}),
    ("t5_small", SHORT | T5_1_1 | {"target_tokens": 4}),
    ("t5_small", SHORT | {"depth": 1, "buckets": 8, "distance": 20}),
    ("vit_b_16", {"size": 48, "width": 24, "depth": 2, "heads": 3, "classes": 7}),
    ("swin_t", {"size": 64, "width": 16, "depths": [2, 2, 1, 2], "heads": [1, 2, 4, 8], "window": 4}),
    ("swin_t", {"size": 60, "width": 8, "depths": [1, 2, 1, 1], "heads": [2, 2, 2, 2]}),
)


@pytest.mark.parametrize(("name", "given"), SMALL, ids=ids)
def test_products_and_outputs_are_those_of_the_real_module(name: str, given: "Settings") -> None:
    network, module = traced(name, **given), real_module(name, given, "cpu")
    arriving = network.inputs.values()
    batch = [
        torch.zeros(2, *tensor.shape, dtype=torch.float32 if tensor.is_float else torch.int64)
        for tensor in arriving
    ]
    words = _arguments(name, batch)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        result = module(*(() if words else batch), **words)
    assert macs(network) == (counter.get_total_flops() / 4, ())
    left = [result] if isinstance(result, torch.Tensor) else [*result.values()]
    shapes = [port.tensor.shape for port in network.outputs]
    assert [tuple(tensor.shape[1:]) for tensor in left[: len(shapes)]] == shapes


def _arguments(name: str, batch: "list[torch.Tensor]") -> "dict[str, object]":
    """Inputs by the names that transformers has for them."""
    names = {
        "bert_base": ("input_ids", "token_type_ids"),
        "roberta_base": ("input_ids", "token_type_ids"),
        "t5_small": ("input_ids", "decoder_input_ids"),
    }
    words: dict[str, object] = dict(zip(names.get(name, ()), batch, strict=False))
    return words | {"use_cache": False} if name == "t5_small" else words


@pytest.mark.parametrize(
    ("name", "given", "tied"),
    [
        ("transformer_wmt", {}, {"target_embedding": "embedding", "generator": "embedding"}),
        ("bert_base", {}, {}),
        ("bert_base", MASKED, {"cls.predictions.decoder": "bert.embeddings.word_embeddings"}),
        ("roberta_base", MASKED, {"lm_head.decoder": "roberta.embeddings.word_embeddings"}),
        ("t5_small", {}, {"decoder.embed_tokens": "shared", "lm_head": "shared"}),
        ("t5_small", {"tied": False}, {"decoder.embed_tokens": "shared"}),
    ],
)
def test_tied_tables_are_named(name: str, given: "Settings", tied: "dict[str, str]") -> None:
    found = {layer.name: layer.tied["weight"] for layer in traced(name, **given).layers if layer.tied}
    assert found == {own: f"{owner}.weight" for own, owner in tied.items()}


class Attending(NamedTuple):
    """Of how many attention layers positions are told how, and how many are masked or read a memory."""

    layers: int
    how: str
    causal: int = 0
    cross: int = 0


ATTENTION = {
    "transformer_wmt": Attending(18, "sinusoidal", causal=6, cross=6),
    "bert_base": Attending(12, "learned"),
    "roberta_base": Attending(12, "learned"),
    "t5_small": Attending(18, "bias", causal=6, cross=6),
    "vit_b_16": Attending(12, "learned"),
    "swin_t": Attending(12, "bias"),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_attention_tells_masks_memory_and_positions(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "attention", name, "--format", "json").out)["attention"]
    (how,) = {position["how"] for layer in found for position in layer["positions"]}
    masked, crossing = (sum(layer[key] for layer in found) for key in ("causal", "cross"))
    assert Attending(len(found), how, masked, crossing) == ATTENTION[name]
    assert all(layer["positions"] for layer in found)
    table = run(capsys, "attention", name).out
    assert f"({how}" in table
    assert ("causal" in table, "memory" in table) == (bool(masked), bool(crossing))


def test_projections_apart_from_the_attention_are_none_of_its_products(
    capsys: pytest.CaptureFixture[str],
) -> None:
    header, *rows = csv.reader(run(capsys, "attention", "bert_base", "--format", "csv").out.splitlines())
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert {(row["query_macs"], row["scores_macs"]) for row in found} == {("", str(128 * 128 * 768))}


def test_the_terms_of_t5_enter_at_the_first_layers_of_both_stacks() -> None:
    """They read how many positions arrive at the layer, not what its values became."""
    name, table = "block.0.layer.0.SelfAttention.relative_attention_bias", ("shared", "encoder.dropout")
    encoder, decoder = attention(traced("t5_small", depth=2)).positional
    assert (encoder.layer, encoder.before) == (f"encoder.{name}", table)
    assert (decoder.layer, decoder.before) == (
        f"decoder.{name}",
        ("decoder.embed_tokens", "decoder.dropout"),
    )
    assert (len(encoder.readers), len(decoder.readers)) == (2 + 3, 4)


@pytest.mark.parametrize("name", BUILDERS)
def test_shapes_and_params_are_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    network = traced(name)
    told = run(capsys, "shapes", name, "--format", "csv")
    assert (told.code, told.err) == (0, "")
    assert len(told.out.splitlines()) == 1 + len(network.layers)
    table = run(capsys, "params", name).out
    counted = params(network)
    assert f"params {counted.params:,}: trainable {counted.params:,}" in table
    assert (f"embedding {counted.embedding:,}, " in table) == bool(counted.embedding)
    assert all(f"tied: {layer.name}.weight is " in table for layer in network.layers if layer.tied)


@pytest.mark.parametrize(
    ("name", "tokens", "source"),
    [("transformer_wmt", "target", "source_tokens"), ("t5_small", "decoder_tokens", "tokens")],
)
def test_an_encoder_decoder_decodes_step_by_step(
    name: str, tokens: str, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind the first step, which also maps the memory, a token costs its maps and what it attends to."""
    options = ("--prompt", "3", "--new", "3", "--set", f"{source}=20", "--dtype", "float32")
    ran = json.loads(run(capsys, "decode", name, *options, "--format", "json").out)
    assert ran["tokens"] == tokens
    assert [layer["memory"] for layer in ran["attention"]] == [None, 20] * 6
    width, vocab = 512, traced(name).outputs[0].tensor.shape[-1]
    maps = 6 * (6 * width**2 + 2 * width * 4 * width) + width * vocab
    encoder = 6 * (20 * (4 * width**2 + 2 * width * 4 * width) + 2 * 20**2 * width)
    first = encoder + 6 * 20 * 2 * width**2 + 3 * maps + 6 * 3 * (3 + 20) * 2 * width
    steps = [maps + 6 * (length + 20) * 2 * width for length in (4, 5)]
    assert [step["macs"] for step in ran["steps"]] == [first, *steps]
    assert [step["cache_bytes"] for step in ran["steps"]] == [
        6 * (length + 20) * 2 * width * 4 for length in (3, 4, 5)
    ]


@pytest.mark.parametrize("name", ["bert_base", "roberta_base", "vit_b_16", "swin_t"])
def test_an_encoder_does_not_decode(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "decode", name, "--prompt", "3", "--new", "2")
    assert told.code == 2
    assert "the network is no decoder" in " ".join(told.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("transformer_wmt", {"heads": 7}, "512 features do not divide into 7 heads"),
        ("transformer_wmt", {"width": 513, "heads": 9}, "513 features do not pair"),
        ("bert_base", {"heads": 7}, "768 query features do not divide into 7 heads"),
        ("bert_base", {"tokens": 600}, "600 positions arrive, but the table has 512"),
        ("bert_base", {"tokens": 600} | MASKED, "600 positions arrive, but the table has 512"),
        ("roberta_base", {"tokens": 513}, "513 positions from row 2 on need 515 rows, not 514"),
        ("roberta_base", {"heads": 7}, "768 query features do not divide into 7 heads"),
        ("t5_small", {"distance": 8}, "max_distance 8 is not above the 8 distances with their own bucket"),
        ("vit_b_16", {"heads": 7}, "768 features do not divide into 7 heads"),
        ("swin_t", {"heads": [7, 6, 12, 24]}, "96 features do not divide into 7 heads"),
        ("swin_t", {"depths": [2, 2]}, "index 2 is outside a list of 2"),
    ],
)
def test_what_does_not_fit_is_told_with_both_numbers(name: str, given: "Settings", told: str) -> None:
    with pytest.raises(SpecError, match=told):
        traced(name, **given)


def test_a_head_of_t5_has_its_own_size() -> None:
    """Any number of heads fits: the maps lead from the width to heads x head_dim and back."""
    network = traced("t5_small", heads=7)
    assert tensors(network)[0]["encoder.block.0.layer.0.SelfAttention.q.weight"] == (7 * 64, 512)


def test_a_longer_sequence_reads_more_of_the_table() -> None:
    assert traced("bert_base", tokens=512).outputs[0].tensor.shape == (512, 768)
    assert traced("roberta_base", tokens=512).outputs[0].tensor.shape == (512, 768)
    assert totals(traced("bert_base", tokens=512)).params == 109_482_240
