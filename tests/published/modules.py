"""The published networks that torchvision, timm, transformers or torch_geometric have, on the meta device."""

from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.bridge.modules.graph import geometric, perceptron
from tests.blocks.adapted import made_by, settings
from tests.zoo.torchvision_models import models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcalc.facts import Tensor as Stated

    Build = Callable[[], nn.Module]


def vision(name: str, **options: object) -> nn.Module:
    """A model of torchvision."""
    return cast("nn.Module", models().get_model(name, weights=None, **options))


def regnet(name: str) -> nn.Module:
    """A RegNet of torchvision, which calculates its widths with tensors that have numbers."""
    with torch.device("cpu"):
        return vision(name).to("meta")


def image(name: str, **options: object) -> nn.Module:
    """A model of timm, which imports torchvision."""
    models()
    return cast("nn.Module", import_module("timm").create_model(name, **options))


def transformer(family: str, prefix: str, model: str, **options: object) -> nn.Module:
    """A model of transformers."""
    return made_by(family, prefix + model)(settings(family, prefix, **options))


class ProteinGAT(nn.Module):
    """Three layers of graph attention with a shortcut around the second, of torch_geometric's layers."""

    def __init__(self) -> None:
        super().__init__()
        conv = geometric("GATConv")
        self.conv1 = conv(50, 256, heads=4)
        self.conv2 = conv(1024, 256, heads=4)
        self.conv3 = conv(1024, 121, heads=6, concat=False)


class MoleculeGIN(nn.Module):
    """Four layers of GIN, and a map of the sums behind each and of the features."""

    def __init__(self) -> None:
        super().__init__()
        conv, widths = geometric("GINConv"), (7, 32, 32, 32, 32)
        self.convs = nn.ModuleList(conv(perceptron(width, (32, 32), norm=True)) for width in widths[:-1])
        self.norms = nn.ModuleList(nn.BatchNorm1d(32) for _ in widths[:-1])
        self.scores = nn.ModuleList(nn.Linear(width, 2) for width in widths)


WHISPER = {
    f"{side}_{what}": size
    for side in ("encoder", "decoder")
    for what, size in (("layers", 4), ("ffn_dim", 1536), ("attention_heads", 6))
}
TORCHVISION = {
    "efficientnet_v2_s": "efficientnet_v2_s",
    "lraspp_mobilenet_v3": "lraspp_mobilenet_v3_large",
    "mnasnet": "mnasnet1_0",
    "r2plus1d_18": "r2plus1d_18",
    "regnet_y_400mf": "regnet_y_400mf",
    "retinanet_resnet50_fpn": "retinanet_resnet50_fpn",
    "ssd300_vgg16": "ssd300_vgg16",
}
"""Spec -> its name in torchvision, whose tables of weights have its parameters and MACs."""
MODULES: "dict[str, Build]" = {
    "albert_base": partial(
        transformer,
        "albert",
        "Albert",
        "ForMaskedLM",
        hidden_size=768,
        num_attention_heads=12,
        intermediate_size=3072,
    ),
    "bloom_560m": partial(
        transformer,
        "bloom",
        "Bloom",
        "ForCausalLM",
        vocab_size=250_880,
        hidden_size=1024,
        n_layer=24,
        n_head=16,
    ),
    "convmixer_768_32": partial(image, "convmixer_768_32"),
    "deit_tiny_distilled": partial(image, "deit_tiny_distilled_patch16_224"),
    "distilbert": partial(transformer, "distilbert", "DistilBert", "ForMaskedLM"),
    "efficientnet_v2_s": partial(vision, "efficientnet_v2_s"),
    "electra_small": partial(transformer, "electra", "Electra", "ForPreTraining"),
    "falcon_7b": partial(transformer, "falcon", "Falcon", "ForCausalLM"),
    "gat_ppi": ProteinGAT,
    "ghostnet": partial(image, "ghostnet_100"),
    "gin_mutag": MoleculeGIN,
    "gmlp_s16": partial(image, "gmlp_s16_224"),
    "hrnet_w18_small": partial(image, "hrnet_w18_small", head_conv_bias=False),
    "lraspp_mobilenet_v3": partial(vision, "lraspp_mobilenet_v3_large", weights_backbone=None),
    "mlp_mixer": partial(image, "mixer_b16_224"),
    "mnasnet": partial(vision, "mnasnet1_0"),
    "mobilenet_v1": partial(image, "mobilenetv1_100"),
    "mobilevit_s": partial(image, "mobilevit_s"),
    "opt_125m": partial(transformer, "opt", "OPT", "ForCausalLM"),
    "poolformer_s12": partial(image, "poolformer_s12"),
    "pvt_v2_b0": partial(image, "pvt_v2_b0"),
    "pythia_160m": partial(
        transformer,
        "gpt_neox",
        "GPTNeoX",
        "ForCausalLM",
        vocab_size=50_304,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
    ),
    "qwen2_0_5b": partial(
        transformer,
        "qwen2",
        "Qwen2",
        "ForCausalLM",
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    ),
    "r2plus1d_18": partial(vision, "r2plus1d_18"),
    "regnet_y_400mf": partial(regnet, "regnet_y_400mf"),
    "repvgg_a0": partial(image, "repvgg_a0"),
    "res2net50": partial(image, "res2net50_26w_4s"),
    "retinanet_resnet50_fpn": partial(vision, "retinanet_resnet50_fpn", weights_backbone=None),
    "segformer_b0": partial(transformer, "segformer", "Segformer", "ForSemanticSegmentation", num_labels=150),
    "seresnet50": partial(image, "seresnet50"),
    "ssd300_vgg16": partial(vision, "ssd300_vgg16", weights_backbone=None),
    "wav2vec2_base": partial(transformer, "wav2vec2", "Wav2Vec2", "ForCTC", mask_time_prob=0.0),
    "whisper_tiny": partial(
        transformer,
        "whisper",
        "Whisper",
        "ForConditionalGeneration",
        vocab_size=51_865,
        d_model=384,
        **WHISPER,
    ),
    "xception": partial(image, "legacy_xception"),
}
"""Spec -> the module."""
CALLED = {
    "albert_base": ("input_ids", "token_type_ids"),
    "electra_small": ("input_ids", "token_type_ids"),
    "whisper_tiny": ("input_features", "decoder_input_ids"),
}
"""Keywords for the inputs of modules that take something else between."""
UNCALLED = ("gat_ppi", "gin_mutag", "retinanet_resnet50_fpn", "ssd300_vgg16")
"""Modules that cannot be called on the meta device: detectors choose boxes; graph layers are parts here."""


@cache
def build(name: str) -> nn.Module:
    """The module of a spec, in inference."""
    with torch.device("meta"):
        return MODULES[name]().eval()


def half_flops(name: str, inputs: "Iterable[Stated]") -> int:
    """Multiply-accumulates that torch counts for one sample."""
    module = build(name)
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        given: list[Tensor] = [
            torch.empty(1, *each.shape, dtype=getattr(torch, each.dtype)) for each in inputs
        ]
        if name in CALLED:
            module(**dict(zip(CALLED[name], given, strict=True)))
        else:
            module(*given)
    counted: int = counter.get_total_flops()
    assert counted % 2 == 0
    return counted // 2
