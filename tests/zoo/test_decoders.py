"""The decoder-only language models against transformers, and against the sizes that are published."""

import csv
import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archcalc import params
from archcalc.analyses.compute import macs
from tests.cli.running import run
from tests.zoo.comparison import tensors, torch_tensors, traced
from tests.zoo.language_models import FAMILIES, language_model, words

if TYPE_CHECKING:
    from archcalc.tracing import Trace
    from tests.zoo.language_models import Settings

    Capsys = pytest.CaptureFixture[str]


class Sizes(NamedTuple):
    """What a configuration says."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    head_dim: int
    inner: int
    vocab: int


class Counts(NamedTuple):
    """Parameters, those of tables, those that one token uses, and MACs of so many tokens."""

    params: int
    embedding: int
    active: int
    tokens: int
    macs: int | None


MEDIUM: "Settings" = {"width": 1024, "depth": 24, "heads": 16}
LARGE: "Settings" = {"width": 1280, "depth": 36, "heads": 20}
XL: "Settings" = {"width": 1600, "depth": 48, "heads": 25}
GPT3: "Settings" = {"width": 12_288, "depth": 96, "heads": 96, "positions": 2048}
LLAMA2, LLAMA3 = (32, 4096, 32, 32, 128, 11_008, 32_000), (32, 4096, 32, 8, 128, 14_336, 128_256)
MISTRAL = (*LLAMA3[:-1], 32_000)
Row = tuple[str, "Settings", tuple[int, int, int, int, int | None], tuple[int, ...]]
# transformers 5.23.0 built on the meta device; MACs by FlopCounterMode, attention as the full square.
ROWS: "list[Row]" = [
    (
        "gpt2",
        {},
        (124_439_808, 39_383_808, 124_439_808, 1024, 145_824_153_600),
        (12, 768, 12, 12, 64, 3072, 50_257),
    ),
    (
        "gpt2",
        MEDIUM,
        (354_823_168, 52_511_744, 354_823_168, 1024, 413_475_536_896),
        (24, 1024, 16, 16, 64, 4096, 50_257),
    ),
    (
        "gpt2",
        LARGE,
        (774_030_080, 65_639_680, 774_030_080, 1024, 887_285_350_400),
        (36, 1280, 20, 20, 64, 5120, 50_257),
    ),
    (
        "gpt2",
        XL,
        (1_557_611_200, 82_049_600, 1_557_611_200, 1024, 1_753_351_782_400),
        (48, 1600, 25, 25, 64, 6400, 50_257),
    ),
    (
        "gpt2",
        GPT3,
        (174_604_259_328, 642_723_840, 174_604_259_328, 2048, 367_402_130_866_176),
        (96, 12_288, 96, 96, 128, 49_152, 50_257),
    ),
    ("llama_2_7b", {}, (6_738_415_616, 131_072_000, 6_738_415_616, 128, 850_000_871_424), LLAMA2),
    ("llama_3_8b", {}, (8_030_261_248, 525_336_576, 8_030_261_248, 128, 964_891_246_592), LLAMA3),
    ("mistral_7b", {}, (7_241_732_096, 131_072_000, 7_241_732_096, 128, 914_425_380_864), MISTRAL),
    ("mixtral_8x7b", {}, (46_702_792_704, 131_072_000, 12_879_925_248, 128, None), MISTRAL),
    (
        "gemma_2b",
        {},
        (2_506_172_416, 524_288_000, 2_506_172_416, 128, 321_988_329_472),
        (18, 2048, 8, 1, 256, 16_384, 256_000),
    ),
    (
        "qwen3_0_6b",
        {},
        (596_049_920, 155_582_464, 596_049_920, 128, 78_165_049_344),
        (28, 1024, 16, 8, 128, 3072, 151_936),
    ),
]
"""Spec, its variables, and what must come out."""
BIGGER: "list[tuple[str, Settings, int]]" = [
    ("llama_2_7b", {"width": 5120, "depth": 40, "heads": 40, "inner": 13_824}, 13_015_864_320),
    (
        "llama_2_7b",
        {"width": 8192, "depth": 80, "heads": 64, "inner": 28_672, "kv_heads": 8},
        68_976_648_192,
    ),
    ("llama_3_8b", {"width": 8192, "depth": 80, "heads": 64, "inner": 28_672}, 70_553_706_496),
    ("llama_3_8b", {"width": 16_384, "depth": 126, "heads": 128, "inner": 53_248}, 405_853_388_800),
    (
        "mixtral_8x7b",
        {"width": 6144, "depth": 56, "heads": 48, "inner": 16_384, "vocab": 32_768},
        140_630_071_296,
    ),
    (
        "gemma_2b",
        {"width": 3072, "depth": 28, "heads": 16, "kv_heads": 16, "inner": 24_576},
        8_537_680_896,
    ),
    ("qwen3_0_6b", {"width": 2048, "inner": 6144}, 1_720_574_976),
    ("qwen3_0_6b", {"width": 2560, "inner": 9728, "depth": 36, "heads": 32}, 4_022_468_096),
    ("qwen3_0_6b", {"width": 4096, "inner": 12_288, "depth": 36, "heads": 32, "tied": False}, 8_190_735_360),
]
"""The larger models of a family, as the head comments set them, and their published parameters."""
NAMES = sorted(FAMILIES)


def identity(value: object) -> str | None:
    """How a row is called: the spec and what is set."""
    if isinstance(value, dict):
        return " ".join(f"{name}={setting}" for name, setting in value.items()) or "-"  # pyright: ignore[reportUnknownVariableType]  # names and values as they print
    return value if isinstance(value, str) else ""


def sizes(network: "Trace") -> Sizes:
    """The sizes of a configuration, as the traced layers have them."""
    found = [layer.facts.attention for layer in network.layers if layer.facts.attention]
    table = next(layer for layer in network.layers if layer.facts.lookups)
    vocab, width = table.facts.weights["weight"]
    shapes = {name.rpartition("h.0.")[2]: shape for name, shape in tensors(network)[0].items()}
    of_inner = {
        name.rpartition("layers.0.")[2]: max(shape[1:]) for name, shape in shapes.items() if len(shape) > 1
    }
    inner = next(
        of_inner[name]
        for name in ("mlp.c_fc.weight", "mlp.down_proj.weight", "mlp.experts.down_proj")
        if name in of_inner
    )
    first = found[0]
    assert all(each == first for each in found)
    return Sizes(len(found), width, first.heads, first.kv_heads, first.head_dim, inner, vocab)


QWEN3 = {"depth": 36, "heads": 32}
NON_EMBEDDING: "list[tuple[Settings, str]]" = [
    ({}, "0.44"),
    ({"width": 2048, "inner": 6144}, "1.41"),
    ({"width": 2560, "inner": 9728, **QWEN3}, "3.63"),
    ({"width": 4096, "inner": 12_288, "tied": False, **QWEN3}, "6.95"),
]
"""Of Qwen3 0.6B, 1.7B, 4B and 8B, whose cards say 0.44B, 1.4B, 3.6B and 6.95B; the last head is not tied."""


@pytest.mark.parametrize(("settings", "billions"), NON_EMBEDDING)
def test_non_embedding_parameters_are_those_of_the_cards(settings: "Settings", billions: str) -> None:
    assert f"{params(traced('qwen3_0_6b', **settings)).non_embedding / 1e9:.2f}" == billions


@pytest.mark.parametrize(("name", "settings", "counts", "config"), ROWS, ids=identity)
def test_counts_and_sizes_are_those_published(
    name: str, settings: "Settings", counts: tuple[int, ...], config: tuple[int, ...]
) -> None:
    expected, network = Counts(*counts), traced(name, **settings)
    counted = params(network)
    assert (counted.params, counted.trainable, counted.buffers) == (expected.params, expected.params, 0)
    assert (counted.embedding, counted.active) == (expected.embedding, expected.active)
    head = 0 if network.layers[-1].tied else config[1] * config[-1]
    assert counted.head == head
    assert counted.non_embedding == expected.params - expected.embedding - head
    assert network.inputs["tokens"].shape == (expected.tokens,)
    if expected.macs is not None:
        assert macs(network) == (expected.macs, ())
    assert sizes(network) == config


@pytest.mark.parametrize(("name", "settings", "count"), BIGGER, ids=identity)
def test_the_bigger_ones_of_a_family(name: str, settings: "Settings", count: int) -> None:
    assert params(traced(name, **settings)).params == count


EVERY: "list[tuple[str, Settings]]" = [
    *((name, settings) for name, settings, _, _ in ROWS),
    *((name, settings) for name, settings, _ in BIGGER),
]


@pytest.mark.parametrize(("name", "settings"), EVERY, ids=identity)
def test_tensors_are_those_of_transformers_by_name(name: str, settings: "Settings") -> None:
    """All but the angles and the scale that transformers keeps as buffers outside of its checkpoints."""
    network, module = traced(name, **settings), language_model(name, settings)
    theirs, kept = torch_tensors(module)[0], module.state_dict()
    tied = {f"{layer.name}.{own}": owner for layer in network.layers for own, owner in layer.tied.items()}
    weights, buffers = tensors(network)
    assert {own: shape for own, shape in weights.items() if own not in tied} == theirs
    assert weights == {own: tuple(value.shape) for own, value in kept.items()}
    assert all(module.get_parameter(own) is module.get_parameter(owner) for own, owner in tied.items())
    assert set(tied) == kept.keys() - theirs.keys()
    assert not buffers
    assert not network.findings


SMALL: "Settings" = {"tokens": 11, "vocab": 23, "width": 32, "depth": 2, "heads": 4}
LITTLE: "dict[str, Settings]" = {
    "gpt2": {"positions": 13},
    "llama_2_7b": {"inner": 40},
    "llama_3_8b": {"inner": 40, "kv_heads": 2},
    "mistral_7b": {"inner": 40, "kv_heads": 2, "window": 5},
    "mixtral_8x7b": {"inner": 40, "kv_heads": 2, "experts": 5, "top_k": 3},
    "gemma_2b": {"inner": 40, "head_dim": 12},
    "qwen3_0_6b": {"inner": 40, "kv_heads": 1, "head_dim": 6},
}


@pytest.mark.parametrize("name", NAMES)
def test_products_are_those_of_transformers(name: str) -> None:
    settings = SMALL | LITTLE[name]
    network, module = traced(name, **settings), language_model(name, settings, "cpu")
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        logits = module(words(11, 23, batch=2)).logits
    assert network.outputs[0].tensor.shape == tuple(logits.shape[1:])
    assert (2 * 2 * macs(network)[0], macs(network)[1]) == (counter.get_total_flops(), ())


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_know_them(name: str, capsys: "Capsys") -> None:
    row = next(row for row in ROWS if row[0] == name)
    counts, config = Counts(*row[2]), Sizes(*row[3])
    printed = run(capsys, "params", name, "--format", "json")
    totals = json.loads(printed.out)["totals"]
    assert printed.code == 0
    assert (totals["params"], totals["embedding_params"]) == (counts.params, counts.embedding)
    assert totals["active_params"] == counts.active
    attention = run(capsys, "attention", name, "--format", "csv")
    table = list(csv.DictReader(attention.out.splitlines()))
    assert (attention.code, attention.err, len(table)) == (0, "", config.layers)
    expected = [str(size) for size in (config.heads, config.kv_heads, config.head_dim)]
    for line in table:
        assert [line["heads"], line["kv_heads"], line["head_dim"]] == expected
        assert line["positions"] == ("learned" if name == "gpt2" else "rotary")
        assert line["mask"] == ("causal, window 4096" if name == "mistral_7b" else "causal")
    decoded = run(capsys, "decode", name, "--prompt", "9", "--new", "5", "--format", "json")
    steps = json.loads(decoded.out)["steps"]
    assert [step["length"] for step in steps] == [9, 10, 11, 12, 13]
    per_token = 2 * 2 * config.layers * config.kv_heads * config.head_dim
    assert [step["cache_bytes"] for step in steps] == [per_token * length for length in range(9, 14)]


def test_the_tied_head_is_named_and_counts_once(capsys: "Capsys") -> None:
    for name, owner in (("gpt2", "transformer.wte"), ("gemma_2b", "model.embed_tokens")):
        assert f"lm_head.weight is {owner}.weight" in " ".join(run(capsys, "params", name).out.split())


BAD: "list[tuple[str, str, str]]" = [
    ("gpt2", "heads=7", "768 query features do not divide into 7 heads"),
    ("gpt2", "tokens=2000", "2000 positions arrive, but the table has 1024"),
    ("llama_2_7b", "heads=7", "4096 features do not divide into 7 heads"),
    ("llama_3_8b", "heads=7", "4096 features do not divide into 7 heads"),
    ("llama_3_8b", "kv_heads=5", "32 heads do not divide into 5 key/value heads"),
    ("mistral_7b", "heads=7", "4096 features do not divide into 7 heads"),
    ("mistral_7b", "window=0", "window needs at least 1, got 0"),
    ("mixtral_8x7b", "heads=7", "4096 features do not divide into 7 heads"),
    ("mixtral_8x7b", "top_k=9", "a position uses 9 of 8 experts"),
    ("gemma_2b", "kv_heads=3", "8 heads do not divide into 3 key/value heads"),
    ("gemma_2b", "head_dim=7", "7 of 7 features of a head do not pair"),
    ("qwen3_0_6b", "heads=7", "7 heads do not divide into 8 key/value heads"),
    ("gpt2", "tokens=0", "a size is at least 1, got 0"),
]


@pytest.mark.parametrize(("name", "setting", "what"), BAD)
def test_sizes_that_do_not_fit_are_one_error_with_both_numbers(
    name: str, setting: str, what: str, capsys: "Capsys"
) -> None:
    told = run(capsys, "summary", name, "--set", setting)
    assert told.code == 2
    (line,) = (line for line in told.err.splitlines() if not line.startswith("  "))
    assert what in line
