"""The gated delta rule beside transformers' own layer, which goes through the sequence in chunks."""

from random import Random
from typing import TYPE_CHECKING, cast

import pytest
import torch

from archcalc.bridge.libraries import imported
from archcalc.bridge.written.delta import GatedDelta
from archcalc.facts import Tensor, count
from archcalc.layers.registry import kind

if TYPE_CHECKING:
    from torch import nn

HOME = "transformers.models.qwen3_next"


def theirs(hidden_size: int, sizes: dict[str, int]) -> "nn.Module":
    """The layer of Qwen3-Next with these sizes."""
    names = {"num_k_heads": "linear_num_key_heads", "num_v_heads": "linear_num_value_heads"}
    names |= {"head_k_dim": "linear_key_head_dim", "head_v_dim": "linear_value_head_dim"}
    given = {names.get(name, "linear_conv_kernel_dim"): size for name, size in sizes.items()}
    config = imported(f"{HOME}.configuration_qwen3_next").Qwen3NextConfig(hidden_size=hidden_size, **given)
    return cast("nn.Module", imported(f"{HOME}.modeling_qwen3_next").Qwen3NextGatedDeltaNet(config, 0))


@pytest.mark.parametrize("seed", range(6))
def test_tensors_and_results_are_those_of_transformers(seed: int) -> None:
    """Sequences of up to three chunks."""
    random, width = Random(seed), 3 + seed  # noqa: S311  sizes
    heads = random.randint(1, 3)
    sizes = {
        "num_k_heads": heads,
        "num_v_heads": heads * random.randint(1, 3),
        "head_k_dim": random.randint(2, 5),
        "head_v_dim": random.randint(2, 5),
        "conv_kernel_size": random.randint(1, 5),
    }
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]  # torch leaves the seed untyped
    own, layer = theirs(width, sizes), GatedDelta(width, **sizes)
    facts = kind("GatedDeltaNet").model_validate(sizes).infer((Tensor((7, width)),))
    assert {name: tuple(each.shape) for name, each in own.named_parameters()} == facts.weights
    layer.load_state_dict(own.state_dict())
    x = torch.randn(2, random.randint(1, 150), width)
    torch.testing.assert_close(layer(x), own(x), atol=1e-5, rtol=1e-4)


def test_parameters_of_a_published_layer() -> None:
    """Qwen3-Next-80B-A3B: 2,048 features, 16 heads of keys and 32 of values, 128 features each."""
    sizes = {"num_k_heads": 16, "num_v_heads": 32, "head_k_dim": 128, "head_v_dim": 128}
    facts = kind("GatedDeltaNet").model_validate(sizes).infer((Tensor((1, 2048)),))
    maps = 2048 * (2 * 2048 + 2 * 4096) + 2048 * 64 + 4096 * 2048
    assert count(facts.weights) == maps + 4 * 8192 + 2 * 32 + 128
    assert facts.macs == maps + 4 * 8192 + 3 * 32 * 128 * 128
