"""Random layers of torch beside their specs: a kind with its arguments, a shape, and the module itself."""

from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Arguments = dict[str, object]


class Drawn(NamedTuple):
    """A layer as a spec has it, what it reads, and the module of torch."""

    kind: str
    arguments: Arguments
    shape: tuple[int, ...]
    module: nn.Module

    @property
    def sample(self) -> torch.Tensor:
        """A batch of one."""
        return torch.zeros(1, *self.shape, dtype=getattr(torch, self.dtype))

    @property
    def dtype(self) -> str:
        """Of what arrives."""
        return "int64" if self.kind.startswith("Embedding") else "float32"


class SelfAttention(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self, module: nn.Module, *, need_weights: bool) -> None:
        super().__init__()
        self.attention, self.need_weights = module, need_weights

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, T, E) -> (N, T, E)."""
        return cast("torch.Tensor", self.attention(x, x, x, need_weights=self.need_weights)[0])


def made(kind: str, arguments: Arguments, shape: tuple[int, ...], *first: object) -> Drawn:
    """A layer whose module takes what arrives first, and then the same arguments."""
    return Drawn(kind, arguments, shape, getattr(nn, kind)(*first, **arguments))


def some(random: "Random", chances: "dict[str, tuple[object, ...]]") -> Arguments:
    """Some of the optional arguments."""
    return {name: random.choice(values) for name, values in chances.items() if random.random() < 1 / 2}


def image(random: "Random", rank: int, channels: int | None = None) -> tuple[int, ...]:
    """(C, *positions)."""
    return (channels or random.randint(1, 5), *(random.randint(5, 9) for _ in range(rank)))


def convolution(random: "Random") -> Drawn:
    rank, groups = random.randint(1, 3), random.choice((1, 1, 2, 3))
    arguments: Arguments = {
        "out_channels": groups * random.randint(1, 3),
        "kernel_size": random.randint(1, 3),
    }
    arguments |= some(random, {"padding": (0, 1), "dilation": (1, 2), "bias": (False,)}) | {"groups": groups}
    transposed = random.random() < 1 / 2
    arguments |= (
        {"stride": random.randint(1, 3)} if transposed or random.random() < 1 / 2 else {"padding": "same"}
    )
    shape = image(random, rank, groups * random.randint(1, 3))
    return made(f"Conv{'Transpose' if transposed else ''}{rank}d", arguments, shape, shape[0])


def linear(random: "Random") -> Drawn:
    shape = tuple(random.randint(1, 6) for _ in range(random.randint(1, 3)))
    arguments: Arguments = {"out_features": random.randint(1, 8), "bias": random.random() < 1 / 2}
    return made("Linear", arguments, shape, shape[-1])


def channel_norm(random: "Random") -> Drawn:
    rank = random.randint(1, 3)
    shape = image(random, rank)
    arguments = some(random, {"affine": (True, False), "track_running_stats": (True, False)})
    return made(f"{random.choice(('BatchNorm', 'InstanceNorm'))}{rank}d", arguments, shape, shape[0])


def group_norm(random: "Random") -> Drawn:
    groups = random.randint(1, 3)
    shape = image(random, random.randint(1, 2), groups * random.randint(1, 3))
    arguments: Arguments = {"num_groups": groups, "affine": random.random() < 1 / 2}
    return Drawn(
        "GroupNorm", arguments, shape, nn.GroupNorm(groups, shape[0], affine=bool(arguments["affine"]))
    )


def layer_norm(random: "Random") -> Drawn:
    shape = tuple(random.randint(2, 6) for _ in range(random.randint(1, 3)))
    arguments: Arguments = {"normalized_shape": shape[-random.randint(1, len(shape)) :]}
    arguments |= some(random, {"elementwise_affine": (True, False)})
    return made(random.choice(("LayerNorm", "RMSNorm")), arguments, shape)


def response_norm(random: "Random") -> Drawn:
    return made("LocalResponseNorm", {"size": random.randint(1, 4)}, image(random, random.randint(1, 2)))


def pool(random: "Random") -> Drawn:
    rank, family = random.randint(1, 3), random.choice(("MaxPool", "AvgPool", "LPPool"))
    arguments: Arguments = {"kernel_size": random.randint(2, 3)} | some(random, {"stride": (1, 2, 3)})
    arguments |= some(random, {"ceil_mode": (True,)})
    arguments |= {"norm_type": 2} if family == "LPPool" else some(random, {"padding": (0, 1)})
    return made(f"{family}{rank}d", arguments, image(random, rank))


def adaptive_pool(random: "Random") -> Drawn:
    rank, family = random.randint(1, 3), random.choice(("Avg", "Max"))
    return made(f"Adaptive{family}Pool{rank}d", {"output_size": random.randint(1, 5)}, image(random, rank))


ACTIVATIONS = (
    *("ReLU", "LeakyReLU", "ReLU6", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Hardswish", "Hardtanh"),
    *("Sigmoid", "Tanh", "Softplus", "PReLU", "Softmax2d", "Dropout", "ChannelShuffle"),
)


def activation(random: "Random") -> Drawn:
    kind = random.choice(ACTIVATIONS)
    return made(kind, {"groups": 2} if kind == "ChannelShuffle" else {}, image(random, 2, 4))


def softmax(random: "Random") -> Drawn:
    shape = tuple(random.randint(2, 6) for _ in range(random.randint(1, 3)))
    dim = random.choice((-1, random.randint(1, len(shape))))
    return made(random.choice(("Softmax", "LogSoftmax", "Softmin")), {"dim": dim}, shape)


def attention(random: "Random") -> Drawn:
    heads, steps = random.randint(1, 4), random.randint(1, 8)
    width, apart = heads * random.randint(1, 5), random.random() < 1 / 3
    given = some(
        random, {"bias": (True, False), "add_bias_kv": (True, False), "add_zero_attn": (True, False)}
    )
    module = cast("Callable[..., nn.Module]", nn.MultiheadAttention)(width, heads, batch_first=True, **given)
    told: Arguments = {"num_heads": heads, **given, "need_weights": apart}
    return Drawn("MultiheadAttention", told, (steps, width), SelfAttention(module, need_weights=apart))


def encoder_layer(random: "Random") -> Drawn:
    heads, steps = random.randint(1, 3), random.randint(1, 6)
    width = 2 * heads * random.randint(1, 4)
    given: Arguments = {"nhead": heads, "dim_feedforward": random.randint(3, 9)}
    given |= some(random, {"norm_first": (True, False), "bias": (True, False)})
    gelu = random.random() < 1 / 2
    make = cast("Callable[..., nn.Module]", nn.TransformerEncoderLayer)
    module = make(width, batch_first=True, activation="gelu" if gelu else "relu", **given)
    told = {**given, "activation": "GELU" if gelu else "ReLU"}
    return Drawn("TransformerEncoderLayer", told, (steps, width), module)


def recurrent(random: "Random") -> Drawn:
    kind, hidden, features = random.choice(("RNN", "GRU", "LSTM")), random.randint(2, 6), random.randint(1, 6)
    arguments: Arguments = {"hidden_size": hidden, "batch_first": True}
    arguments |= some(random, {"num_layers": (1, 2, 3), "bidirectional": (True,), "bias": (False,)})
    arguments |= some(random, {"proj_size": (hidden - 1,)}) if kind == "LSTM" else {}
    return made(kind, arguments, (random.randint(1, 6), features), features)


def cell(random: "Random") -> Drawn:
    features = random.randint(1, 6)
    arguments: Arguments = {"hidden_size": random.randint(1, 6)} | some(random, {"bias": (False,)})
    return made(random.choice(("RNNCell", "GRUCell", "LSTMCell")), arguments, (features,), features)


def embedding(random: "Random") -> Drawn:
    sizes: Arguments = {"num_embeddings": random.randint(2, 9), "embedding_dim": random.randint(1, 5)}
    return made(random.choice(("Embedding", "EmbeddingBag")), sizes, (random.randint(1, 6),))


def upsampling(random: "Random") -> Drawn:
    modes = {1: ("nearest", "linear"), 2: ("nearest", "bilinear", "bicubic"), 3: ("nearest", "trilinear")}
    rank = random.randint(1, 3)
    sizes: Arguments = {"scale_factor": random.choice((1, 1.5, 2, 3))}
    if random.random() < 1 / 2:
        sizes = {"size": tuple(random.randint(3, 12) for _ in range(rank))}
    if rank == 2 and random.random() < 1 / 3:
        return made(f"Upsampling{random.choice(('Nearest', 'Bilinear'))}2d", sizes, image(random, rank))
    return made("Upsample", {**sizes, "mode": random.choice(modes[rank])}, image(random, rank))


FAMILIES: "tuple[Callable[[Random], Drawn], ...]" = (
    *(
        convolution,
        linear,
        channel_norm,
        group_norm,
        layer_norm,
        response_norm,
        pool,
        adaptive_pool,
        activation,
    ),
    *(softmax, attention, encoder_layer, recurrent, cell, embedding, upsampling),
)
