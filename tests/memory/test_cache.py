"""The decode cache in bytes: published figures, transformers' caches, pages filled one by one."""

import json
from typing import TYPE_CHECKING

import pytest
import torch

from archcalc.errors import Fault
from archcalc.footprint.cache import CacheSetting, cache_bytes, decode_cache
from archcalc.footprint.running import MemoryRun
from archcalc.footprint.storages import Setting
from archcalc.loading import load, loads
from archcalc.tracing import trace
from tests.cli.running import run
from tests.memory.kept import shipped
from tests.zoo.language_models import language_model, words

if TYPE_CHECKING:
    from pathlib import Path

    from tests.zoo.language_models import Settings

    Capsys = pytest.CaptureFixture[str]

SMALL: "Settings" = {"vocab": 23, "width": 32, "depth": 3, "heads": 4}


def kept(name: str, setting: CacheSetting, given: "Settings | None" = None, batch: int = 1) -> int:
    layers = decode_cache(trace(load(shipped(name)), given or {}), setting)
    return cache_bytes(batch * sum(each.numbers * each.positions for each in layers), setting.dtype)


@pytest.mark.parametrize(
    ("name", "context", "dtype", "size"),
    [
        ("llama_3_8b", 1, "bfloat16", 128 * 2**10),  # 128 KiB a token
        ("llama_2_7b", 1, "float16", 512 * 2**10),
        ("llama_2_7b", 4096, "float16", 2 * 2**30),
        ("llama_3_8b", 8192, "float8", 2**29),
        ("llama_3_8b", 8192, "int4", 2**28),
        ("mistral_7b", 32768, "float16", 2**29),  # a window of 4,096: 32 times 2 x 8 x 128 x 2 bytes each
        ("gemma_2b", 8192, "bfloat16", 18 * 2 * 256 * 8192 * 2),  # one head of 256 for 18 layers
    ],
)
def test_published_models(name: str, context: int, dtype: str, size: int) -> None:
    assert kept(name, CacheSetting("tokens", context, dtype)) == size


DEEPSEEK = """
inputs: {tokens: {shape: [4], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 10, embedding_dim: 7168}
  - {type: MultiheadLatentAttention, name: attn, num_heads: 128, q_lora_rank: 1536, kv_lora_rank: 512,
     qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128, repeat: 61}
"""


def test_the_latent_of_deepseek_v3() -> None:
    """576 numbers per token and layer (DeepSeek-AI 2024, arXiv 2412.19437, section 2.1.1), 61 layers."""
    layers = decode_cache(trace(loads(DEEPSEEK)), CacheSetting("tokens", 1, "bfloat16"))
    assert {each.numbers for each in layers} == {576}
    assert cache_bytes(sum(each.numbers for each in layers), "bfloat16") == 70_272


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("llama_3_8b", {"inner": 40, "kv_heads": 2}),
        ("qwen3_0_6b", {"inner": 40, "kv_heads": 1, "head_dim": 6}),
        ("gpt2", {"positions": 12}),
    ],
)
def test_what_transformers_caches_hold(name: str, given: "Settings") -> None:
    chosen = SMALL | given
    module = language_model(name, chosen, "cpu")
    for length in (1, 9):
        cache = module(input_ids=words(length, 23, 2), use_cache=True).past_key_values
        held = sum(each.nbytes for layer in cache.layers for each in (layer.keys, layer.values))
        assert kept(name, CacheSetting("tokens", length, "float32"), chosen, 2) == held


@pytest.mark.parametrize("window", [None, 5, 8])
@pytest.mark.parametrize("page", [1, 3, 4, 16])
def test_pages_filled_token_by_token(window: int | None, page: int) -> None:
    """A rolling buffer of whole pages: a page is taken when its first position is written."""
    given: Settings = SMALL | {"inner": 40, "kv_heads": 2, "window": window}
    taken: set[int] = set()
    for length in range(1, 20):
        slot = (length - 1) % window if window else length - 1
        taken.add(slot // page)
        found = kept("mistral_7b", CacheSetting("tokens", length, "float8", page), given)
        numbers = torch.zeros(3, 2, 2, 8, len(taken) * page, dtype=torch.float8_e4m3fn)
        assert found == numbers.nbytes, length


def test_the_steps_of_decode_end_with_the_same_bytes(capsys: "Capsys") -> None:
    setting = ("mistral_7b", "--set", "depth=2", "--set", "window=6", "--page", "4", "--batch", "3")
    steps = run(
        capsys, "decode", *setting, "--prompt", "3", "--new", "9", "--cache-dtype", "fp8", "--format", "json"
    )
    found = json.loads(steps.out)
    for step in found["steps"]:
        told = run(
            capsys,
            "memory",
            *setting,
            "--context",
            str(step["length"]),
            "--cache-dtype",
            "fp8",
            "--format",
            "json",
        )
        memory = json.loads(told.out)
        cache = {item["name"]: item["bytes"] for item in memory["held"]}["decode cache"]
        assert cache == step["cache_bytes"] == sum(layer["bytes"] for layer in memory["cache"]["layers"])
    assert found["totals"]["cache_bytes"] == sum(layer["cache_bytes"] for layer in found["attention"])
    assert (
        found["steps"][-1]["cache_bytes"] == 3 * 2 * 2 * 8 * 128 * 8
    )  # two pages of four hold a window of six


@pytest.mark.parametrize(("tp", "heads"), [(2, 4), (8, 1), (16, 1)])
def test_devices_have_parts_of_heads(tp: int, heads: int) -> None:
    """Of fewer key/value heads than devices every device has one."""
    from archcalc.footprint.devices.placement import Placement

    network = trace(load(shipped("llama_3_8b")))
    report = MemoryRun(Setting(2), None, Placement(tp=tp), CacheSetting("tokens", 10, "int8")).memory(network)
    assert sum(each.numbers for each in report.stages[0].cache) == 32 * 2 * heads * 128
    held = {item.name: item.bytes for item in report.stages[0].memory.held}
    assert held["decode cache"] == 2 * 10 * 32 * 2 * heads * 128


def test_stages_have_the_caches_of_their_layers() -> None:
    from archcalc.footprint.devices.placement import Placement

    network = trace(load(shipped("llama_3_8b")))
    report = MemoryRun(Setting(1), None, Placement(pp=4), CacheSetting("tokens", 8, "int8")).memory(network)
    assert [len(stage.cache) for stage in report.stages] == [8] * 4


def test_what_is_no_decoder_has_no_cache(tmp_path: "Path", capsys: "Capsys") -> None:
    with pytest.raises(Fault, match="no causal attention reads 'tokens'"):
        decode_cache(trace(load(shipped("lstm_language_model"))), CacheSetting("tokens", 3))
    assert run(capsys, "memory", "resnet18", "--context", "8").code == 2
    assert run(capsys, "memory", "gpt2", "--context", "8", "--train").code == 2
    assert run(capsys, "memory", "gpt2", "--page", "0", "--context", "8").code == 2
    assert run(capsys, "memory", str(tmp_path / "none.yaml"), "--context", "8").code == 2
