"""Latent attention: transformers' own forward, published sizes, and queries that ask the latent itself."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from archcalc.bridge.modules.latent_attention import angles, latent_attention
from archcalc.facts import Facts, count
from archcalc.facts import Tensor as Arriving
from archcalc.layers.registry import kind

V3: dict[str, object] = {
    "num_heads": 128,
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
}


def facts(arguments: dict[str, object], *shape: int) -> Facts:
    return kind("MultiheadLatentAttention").model_validate(arguments).infer((Arriving(shape),))


def test_parameters_of_published_models() -> None:
    """Attention of one layer: DeepSeek-V3 (61 of them), and V2-Lite, whose queries have no latent."""
    assert count(facts(V3, 3, 7168).weights) == 187_107_328
    lite = {**V3, "num_heads": 16, "q_lora_rank": None}
    assert count(facts(lite, 3, 2048).weights) == 13_763_072


@pytest.fixture
def layer() -> nn.Module:
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves the seed untyped
    few = latent_attention(
        6, 2, q_lora_rank=4, kv_lora_rank=5, qk_nope_head_dim=4, qk_rope_head_dim=2, v_head_dim=3
    )
    return few.double().eval()


def test_the_norms_in_double_precision_are_those_of_transformers(layer: nn.Module) -> None:
    x = torch.randn(2, 7, 6, dtype=torch.float64)
    found = layer(x)
    for norm in (layer.get_submodule("q_a_layernorm"), layer.get_submodule("kv_a_layernorm")):
        del vars(norm)["forward"]
    torch.testing.assert_close(found, layer(x), atol=1e-6, rtol=1e-5)


def test_the_newest_query_can_ask_the_latent_itself(layer: nn.Module) -> None:
    """What `decode` counts: kept are latents and turned keys; keys and values are never made."""
    x = torch.randn(1, 7, 6, dtype=torch.float64)
    weights = {name: value.detach() for name, value in layer.named_parameters()}
    kept = linear(x, weights["kv_a_proj_with_mqa.weight"])
    latent, turned = layer.get_submodule("kv_a_layernorm")(kept[..., :5])[0], rotated(x, kept[..., 5:])[0]
    query = layer.get_submodule("q_a_layernorm")(linear(x, weights["q_a_proj.weight"]))
    query = linear(query, weights["q_b_proj.weight"]).reshape(1, 7, 2, 6).transpose(1, 2)
    newest = query[0, :, -1, :4], rotated(x, query[..., 4:])[0, :, -1]
    rows = weights["kv_b_proj.weight"].reshape(2, 7, 5)
    keys, values = rows[:, :4], rows[:, 4:]
    absorbed = torch.einsum("hd,hdc->hc", newest[0], keys)
    scores = absorbed @ latent.T + newest[1] @ turned.T
    mixed = (scores / 6**0.5).softmax(-1) @ latent
    result = torch.einsum("hc,hdc->hd", mixed, values).flatten()
    torch.testing.assert_close(linear(result, weights["o_proj.weight"]), layer(x)[0, -1])


def rotated(x: Tensor, pairs: Tensor) -> Tensor:
    """(*, T, 2): the pair of every position turned by its angle."""
    cos, sin = (each[0, :, :1] for each in angles(x, 2, 10000.0))
    one, two = pairs[..., :1], pairs[..., 1:]
    return torch.cat((one * cos - two * sin, two * cos + one * sin), -1)
