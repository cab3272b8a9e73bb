"""The encoders of torch, torchvision and transformers in the sizes that a shipped spec has."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from archcalc import load
from archcalc.tracing.setup import variables
from tests.blocks.adapted import made_by, settings
from tests.blocks.transformer import bare
from tests.zoo.torchvision_models import part

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.expressions import Value

BERT = {
    "vocab": "vocab_size",
    "positions": "max_position_embeddings",
    "segments": "type_vocab_size",
    "width": "hidden_size",
    "depth": "num_hidden_layers",
    "heads": "num_attention_heads",
    "inner": "intermediate_size",
}
T5 = {
    "vocab": "vocab_size",
    "width": "d_model",
    "depth": "num_layers",
    "heads": "num_heads",
    "head_dim": "d_kv",
    "inner": "d_ff",
    "buckets": "relative_attention_num_buckets",
    "distance": "relative_attention_max_distance",
    "tied": "tie_word_embeddings",
}
"""A variable of the specs -> the same in a configuration."""


class Translator(nn.Module):
    """torch's encoder and decoder without a last norm, and one table for three uses."""

    def __init__(self, vocab: int, width: int, depth: int, heads: int, inner: int) -> None:
        super().__init__()
        encoder = nn.TransformerEncoderLayer(width, heads, inner, batch_first=True)
        decoder = nn.TransformerDecoderLayer(width, heads, inner, batch_first=True)
        self.embedding = nn.Embedding(vocab, width)
        self.encoder = nn.TransformerEncoder(encoder, depth, enable_nested_tensor=False)
        self.target_embedding = nn.Embedding(vocab, width)
        self.decoder = nn.TransformerDecoder(decoder, depth)
        self.generator = nn.Linear(width, vocab, bias=False)
        self.target_embedding.weight = self.generator.weight = self.embedding.weight

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """(N, S), (N, T) -> (N, T, vocab); positions and the embeddings' factor are no products."""
        memory = self.encoder(self.embedding(source))
        result: Tensor = self.generator(self.decoder(self.target_embedding(target), memory))
        return result


def translator(values: "dict[str, Value]") -> nn.Module:
    """The network of the paper."""
    sizes = (cast("int", values[name]) for name in ("vocab", "width", "depth", "heads", "inner"))
    module = Translator(*sizes)
    return module if values["attention_bias"] else bare(module)


def bert(values: "dict[str, Value]") -> nn.Module:
    """The class of transformers that has the heads asked for."""
    heads = bool(values["masked_lm"]), bool(values["next_sentence"])
    names = {
        (False, False): "BertModel",
        (True, False): "BertForMaskedLM",
        (False, True): "BertForNextSentencePrediction",
        (True, True): "BertForPreTraining",
    }
    return made_by("bert", names[heads])(settings("bert", "Bert", **_renamed(BERT, values)))


def roberta(values: "dict[str, Value]") -> nn.Module:
    """The class of transformers with the head, or without."""
    name = "RobertaForMaskedLM" if values["masked_lm"] else "RobertaModel"
    return made_by("roberta", name)(settings("roberta", "Roberta", **_renamed(BERT, values)))


def t5(values: "dict[str, Value]") -> nn.Module:
    """T5 or T5 1.1."""
    options = _renamed(T5, values)
    maps = "gated-gelu" if values["gated"] else cast("str", values["activation"]).lower()
    config = settings("t5", "T5", **options, feed_forward_proj=maps)
    made = made_by("t5", "T5ForConditionalGeneration")(config)
    if not values["tied"]:
        # The configuration takes the word for a factor alone and ties all the same; T5 1.1 has its own head.
        head = cast("nn.Linear", made.lm_head)
        head.weight = nn.Parameter(torch.empty_like(head.weight))
    return made


def vit(values: "dict[str, Value]") -> nn.Module:
    """The ViT of torchvision."""
    sizes = [values[name] for name in ("size", "patch", "depth", "heads", "width", "inner")]
    return part("models.vision_transformer", "VisionTransformer", *sizes, num_classes=values["classes"])


def swin(values: "dict[str, Value]") -> nn.Module:
    """The Swin of torchvision, whose patches and windows are squares."""
    patch, window = ([values[name]] * 2 for name in ("patch", "window"))
    sizes = patch, values["width"], values["depths"], values["heads"], window
    return part(
        "models.swin_transformer",
        "SwinTransformer",
        *sizes,
        stochastic_depth_prob=values["drop"],
        num_classes=values["classes"],
    )


BUILDERS: "dict[str, Callable[[dict[str, Value]], nn.Module]]" = {
    "transformer_wmt": translator,
    "bert_base": bert,
    "roberta_base": roberta,
    "t5_small": t5,
    "vit_b_16": vit,
    "swin_t": swin,
}


def real_module(spec: str, given: "dict[str, Value]", device: str = "meta") -> nn.Module:
    """The real module of a spec with these variables, in evaluation."""
    with torch.device(device):
        return BUILDERS[spec](dict(variables(load(spec), given))).eval()


def _renamed(words: "dict[str, str]", values: "dict[str, Value]") -> "dict[str, object]":
    return {word: values[name] for name, word in words.items()}
