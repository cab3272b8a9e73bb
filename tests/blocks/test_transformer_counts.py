"""Published sizes of Transformer blocks, torch 2.13.0 with its defaults unless said otherwise."""

from typing import TYPE_CHECKING

import pytest

from archcalc import load, params, trace
from archcalc.analyses.compute import macs

if TYPE_CHECKING:
    from archcalc.tracing import Trace

Arguments = dict[str, object]


def block(name: str, *shapes: tuple[int, int], **arguments: object) -> "Trace":
    """A network of one block."""
    inputs = {f"x{index}": list(shape) for index, shape in enumerate(shapes)}
    return trace(load({"inputs": inputs, "layers": [{"type": name, "from": list(inputs), **arguments}]}))


WIDE = (10, 512)


@pytest.mark.parametrize(
    ("name", "shapes", "arguments", "expected"),
    [
        ("TransformerEncoderLayer", [WIDE], {"nhead": 8}, 3_152_384),
        ("TransformerDecoderLayer", [WIDE, WIDE], {"nhead": 8}, 4_204_032),
        ("Transformer", [WIDE, WIDE], {}, 44_140_544),
        # BERT base: 85,646,592 beside the tables, with a pooler of 590,592 and a norm of 1,536; 12 layers.
        ("BertLayer", [(128, 768)], {"num_heads": 12}, (85_646_592 - 590_592 - 1_536) // 12),
        # GPT-2 small: 124,439,808 of which 39,383,808 are embeddings and 1,536 the last norm, over 12 layers.
        ("GPT2Block", [(128, 768)], {"num_heads": 12}, (124_439_808 - 39_383_808 - 1_536) // 12),
        # Llama 2 7B: two tables of 32,000 x 4,096 and the last norm aside, over 32 layers.
        (
            "LlamaBlock",
            [(128, 4096)],
            {"num_heads": 32, "intermediate_size": 11_008},
            (6_738_415_616 - 2 * 131_072_000 - 4_096) // 32,
        ),
        # Mixtral 8x7B, likewise.
        (
            "MixtralBlock",
            [(128, 4096)],
            {"num_heads": 32, "num_kv_heads": 8, "intermediate_size": 14_336},
            (46_702_792_704 - 2 * 131_072_000 - 4_096) // 32,
        ),
        # Qwen3 0.6B, with one table of 151,936 x 1,024, over 28 layers.
        (
            "LlamaBlock",
            [(128, 1024)],
            {
                "num_heads": 16,
                "num_kv_heads": 8,
                "head_dim": 128,
                "intermediate_size": 3_072,
                "qk_norm": True,
            },
            (596_049_920 - 155_582_464 - 1_024) // 28,
        ),
        # Gemma 2B, with one table of 256,000 x 2,048, over 18 layers.
        (
            "LlamaBlock",
            [(128, 2048)],
            {"num_heads": 8, "num_kv_heads": 1, "head_dim": 256, "intermediate_size": 16_384},
            (2_506_172_416 - 524_288_000 - 2_048) // 18,
        ),
    ],
)
def test_published_parameters(
    name: str, shapes: list[tuple[int, int]], arguments: Arguments, expected: int
) -> None:
    assert params(block(name, *shapes, **arguments)).params == expected


def test_products_of_an_encoder_layer() -> None:
    """10 positions of 64: attention's 176,640, and two maps of 64 x 128."""
    known, unknown = macs(block("TransformerEncoderLayer", (10, 64), nhead=4, dim_feedforward=128))
    assert (known, unknown) == (176_640 + 2 * 10 * 64 * 128, ())
    assert known == 340_480


def test_mixtral_uses_two_of_eight_experts() -> None:
    """Active over all 32 layers with tables and norm: the 12.9 G of the paper's 13B."""
    counted = block("MixtralBlock", (1, 4096), num_heads=32, num_kv_heads=8, intermediate_size=14_336)
    active = sum(
        layer.facts.active_params
        if layer.facts.active_params is not None
        else params(counted).layers[layer.name].params
        for layer in counted.layers
    )
    assert 32 * active + 2 * 131_072_000 + 4_096 == 12_879_925_248
