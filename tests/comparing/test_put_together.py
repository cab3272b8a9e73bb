"""A torch module that is put together otherwise is the same where it calculates the same, and only there."""

from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import archcalc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Data = dict[str, object]
HERE = "tests.comparing.test_put_together"
SMALL: "Mapping[str, tuple[str, Data, Data]]" = {
    "convnext_tiny": ("convnext_tiny", {}, {}),
    "densenet121": ("DenseNet", {"depths": [2, 3, 2, 2]}, {"block_config": [2, 3, 2, 2]}),
    "shufflenet_v2_x1_0": ("shufflenet_v2_x1_0", {}, {}),
    "vit_b_16": ("vit_b_16", {}, {"image_size": 32}),
}
"""Shipped spec, torchvision's module, and values and arguments of both, beside small images."""


class Scaled(nn.Module):
    """A residual block with a scale for each channel, two convolutions that meet, and a head that is taken.

    Args:
        turned: the two are joined in the other order.
        sign: the block is added, or taken away.
        dropped: probability of a dropout behind it.
        negative: slope of the activation.
    """

    def __init__(
        self, *, turned: bool = False, sign: int = 1, dropped: float = 0.0, negative: float = 0.0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.gamma = nn.Parameter(torch.ones(4, 1, 1))
        self.drop = nn.Dropout(dropped)
        self.left, self.right = nn.Conv2d(4, 3, 1), nn.Conv2d(4, 3, 1)
        self.head = nn.Linear(6, 2)
        self.turned, self.sign, self.negative = turned, sign, negative

    def forward(self, image: Tensor) -> Tensor:
        """(B, 4, 6, 6) -> (B, 2)."""
        found = self.conv(image)
        bent = functional.leaky_relu(found, self.negative) if self.negative else functional.relu(found)
        scaled = self.gamma * bent
        found = self.drop(image + scaled if self.sign > 0 else image - scaled)
        ways = [self.left(found), self.right(found)]
        joined = torch.cat(ways[::-1] if self.turned else ways, 1)
        return self.head(joined.mean((2, 3)))  # type: ignore[no-any-return]  # torch's modules are untyped


SPEC: Data = {
    "inputs": {"image": [4, 6, 6]},
    "layers": [
        {
            "type": "Residual",
            "body": [
                {"type": "Conv2d", "name": "conv", "out_channels": 4, "kernel_size": 3, "padding": 1},
                "ReLU",
                {"type": "LayerScale2d", "name": "gamma", "init_values": 1},
            ],
        },
        {"type": "Dropout", "name": "drop", "p": 0.0},
        {
            "type": "Branches",
            "branches": [
                [{"type": "Conv2d", "name": "left", "out_channels": 3, "kernel_size": 1}],
                [{"type": "Conv2d", "name": "right", "out_channels": 3, "kernel_size": 1}],
            ],
            "merge": "Concat",
        },
        {"type": "AdaptiveAvgPool2d", "output_size": 1},
        "Flatten",
        {"type": "Linear", "name": "head", "out_features": 2},
    ],
}


def test_the_same_with_other_calls_is_no_difference() -> None:
    found = archcalc.diff(SPEC, f"{HERE}:Scaled")
    assert found.same, [(each.marks, each.layer.name, each.details) for each in found.layers]
    assert "LayerScale2d" in str([place.types for place in found.places]), found.places
    assert "put together otherwise" in str(found.tables()[0].footer)
    assert archcalc.diff(f"{HERE}:Scaled", SPEC, input={"image": [4, 6, 6]}).same  # from the other side


@pytest.mark.parametrize(
    "arguments", [{"turned": True}, {"sign": -1}, {"dropped": 0.1}, {"negative": 0.01}], ids=str
)
def test_what_calculates_otherwise_is_told(arguments: "Mapping[str, object]") -> None:
    found = archcalc.diff(SPEC, f"{HERE}:Scaled", args_b=arguments)
    assert found.layers, arguments


class Between(nn.Module):
    """Something between two layers of the same weights.

    Args:
        what: name of the module, or of the function of a scale.
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 4, 3)
        self.what = what
        if what in MODULES:
            self.act = MODULES[what]()
        else:
            self.act = nn.Module()
            self.act.gamma = nn.Parameter(torch.ones(8, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, 9, 9) -> (B, 4, 5, 5)."""
        found = self.a(image)
        found = (
            self.act(found)
            if self.what in MODULES
            else found * SCALES[self.what](cast("Tensor", self.act.gamma))
        )
        return self.b(found)  # type: ignore[no-any-return]  # torch's modules are untyped


MODULES: "Mapping[str, Callable[[], nn.Module]]" = {
    "ReLU6": nn.ReLU6,
    "Hardtanh": lambda: nn.Hardtanh(0, 100),
    "Threshold": lambda: nn.Threshold(-90.0, 0.0),
    "RReLU": lambda: nn.RReLU(0.1, 0.3),
    "InstanceNorm2d": lambda: nn.InstanceNorm2d(8, affine=True, track_running_stats=True),
}
SCALES: "Mapping[str, Callable[[Tensor], Tensor]]" = {
    "itself": lambda gamma: gamma,
    "abs": torch.abs,
    "relu": functional.relu,
    "clamp": lambda gamma: gamma.clamp(0, 2),
}


def between(layer: object) -> Data:
    convolutions = [
        {"type": "Conv2d", "name": name, "out_channels": channels, "kernel_size": 3}
        for name, channels in (("a", 8), ("b", 4))
    ]
    return {"inputs": {"image": [3, 9, 9]}, "layers": [convolutions[0], layer, convolutions[1]]}


@pytest.mark.parametrize(
    ("what", "layer"),
    [
        ("ReLU6", "ReLU"),
        ("Hardtanh", "ReLU"),
        ("Threshold", "Identity"),
        ("RReLU", {"type": "LeakyReLU", "negative_slope": 0.2}),
        ("InstanceNorm2d", "BatchNorm2d"),
        *((what, {"type": "LayerScale2d", "init_values": 1}) for what in ("abs", "relu", "clamp")),
    ],
    ids=str,
)
def test_what_differs_for_few_numbers_or_in_training_alone_is_told(what: str, layer: object) -> None:
    named = {"type": layer} if isinstance(layer, str) else dict(cast("Data", layer))
    found = archcalc.diff(between({**named, "name": "act"}), f"{HERE}:Between", args_b={"what": what})
    assert found.layers, what


def test_a_scale_as_it_is_is_the_same() -> None:
    layer = {"type": "LayerScale2d", "name": "act", "init_values": 1}
    assert archcalc.diff(between(layer), f"{HERE}:Between", args_b={"what": "itself"}).same


class TwoScales(nn.Module):
    """Two scales with an activation between.

    Args:
        exchanged: the second one comes first.
    """

    def __init__(self, *, exchanged: bool = False) -> None:
        super().__init__()
        self.l1, self.l2, self.d = nn.Module(), nn.Module(), nn.Conv2d(8, 4, 1)
        for each in (self.l1, self.l2):
            each.gamma = nn.Parameter(torch.ones(8, 1, 1))
        self.exchanged = exchanged

    def forward(self, image: Tensor) -> Tensor:
        """(B, 8, 5, 5) -> (B, 4, 5, 5)."""
        scales = [cast("Tensor", each.gamma) for each in (self.l1, self.l2)]
        first, second = scales[::-1] if self.exchanged else scales
        return self.d(functional.gelu(image * first) * second)  # type: ignore[no-any-return]  # untyped


TWO_SCALES: Data = {
    "inputs": {"image": [8, 5, 5]},
    "layers": [
        {"type": "LayerScale2d", "name": "l1"},
        "GELU",
        {"type": "LayerScale2d", "name": "l2"},
        {"type": "Conv2d", "name": "d", "out_channels": 4, "kernel_size": 1},
    ],
}


@pytest.mark.parametrize("exchanged", [False, True])
def test_weights_belong_together_by_their_names(*, exchanged: bool) -> None:
    found = archcalc.diff(TWO_SCALES, f"{HERE}:TwoScales", args_b={"exchanged": exchanged})
    assert found.same is not exchanged


class Attends(nn.Module):
    """Attention by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.o = nn.Linear(16, 16)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 6, 16) -> (B, 6, 16)."""
        heads = x.reshape(-1, 6, 4, 4).transpose(-2, -3)
        weights = (heads @ heads.transpose(-1, -2) / 2.0).softmax(-1)
        return self.o((weights @ heads).transpose(-2, -3).flatten(-2))  # type: ignore[no-any-return]  # untyped


@pytest.mark.parametrize("dropped", [0.0, 0.1])
def test_what_attention_drops_is_a_difference(dropped: float) -> None:
    layers: list[Data] = [
        {"type": "ScaledDotProductAttention", "from": ["x"] * 3, "num_heads": 4, "dropout_p": dropped},
        {"type": "Linear", "name": "o", "out_features": 16},
    ]
    found = archcalc.diff({"inputs": {"x": [6, 16]}, "layers": layers}, f"{HERE}:Attends")
    assert found.same is not bool(dropped)


class SelfAttends(nn.Module):
    """Attention that is given what it reads three times."""

    def __init__(self) -> None:
        super().__init__()
        self.att = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 6, 16) -> (B, 6, 16)."""
        return self.att(x, x, x, need_weights=False)[0]  # type: ignore[no-any-return]  # untyped


@pytest.mark.parametrize("read", ["x", ["x", "x"], ["x", "x", "x"]])
def test_keys_and_values_that_are_the_queries_may_be_left_out(read: object) -> None:
    attention = {"type": "MultiheadAttention", "name": "att", "from": read, "num_heads": 4}
    assert archcalc.diff({"inputs": {"x": [6, 16]}, "layers": [attention]}, f"{HERE}:SelfAttends").same


@pytest.mark.parametrize("name", SMALL)
def test_shipped_specs_are_their_modules(name: str) -> None:
    module, values, arguments = SMALL[name]
    found = archcalc.diff(
        name, f"torchvision.models:{module}", set_a={"size": 32, **values}, args_b=arguments
    )
    assert found.same, [(each.marks, each.layer.name, each.details) for each in found.layers][:5]
    assert found.places


def test_other_modules_of_the_zoo_are_not() -> None:
    found = archcalc.diff(
        "vit_b_16", "torchvision.models:vit_b_32", set_a={"size": 64}, args_b={"image_size": 64}
    )
    assert {"conv_proj", "encoder.pos_embedding"} <= {each.layer.name for each in found.layers}
