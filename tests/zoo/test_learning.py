"""A state-space language model, and networks by how they learn: VAE, SimCLR, the WGAN-GP critic."""

from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from archcalc import loads, params, receptive_fields, trace
from archcalc.bridge.modules.tokens import RandomMasking, restored
from tests.zoo.comparison import half_flops, output_shape, tensors, torch_tensors, totals, traced
from tests.zoo.torchvision_models import build, models, part

if TYPE_CHECKING:
    from archcalc.expressions import Value


def language_model(depth: int, width: int) -> nn.Module:
    """Mamba as transformers has it, with a tied head, on the meta device."""
    models()  # transformers imports torchvision, whose operators may be missing
    from transformers.models.mamba.configuration_mamba import MambaConfig
    from transformers.models.mamba.modeling_mamba import MambaForCausalLM

    with torch.device("meta"):
        config = MambaConfig(num_hidden_layers=depth, hidden_size=width)
        return cast("nn.Module", MambaForCausalLM(config))


@pytest.mark.parametrize(
    ("depth", "width", "count"), [(24, 768, 129_135_360), (48, 1024, 371_516_416), (48, 1536, 793_204_224)]
)
def test_mamba_has_the_tensors_of_transformers(depth: int, width: int, count: int) -> None:
    network = traced("mamba_130m", depth=depth, width=width, length=2)
    weights, buffers = tensors(network)
    theirs, _ = torch_tensors(language_model(depth, width))
    mine = {name: shape for name, shape in weights.items() if name != "lm_head.weight"}
    assert mine == dict(theirs)
    assert not buffers
    assert totals(network).params == count


def test_the_head_of_mamba_is_its_embedding() -> None:
    network = traced("mamba_130m")
    assert network.layers[-1].tied == {"weight": "backbone.embeddings.weight"}
    assert network.outputs[0].tensor.shape == (1024, 50_280)
    (field,) = receptive_fields(network).layers["lm_head"]
    (axis,) = field.axes
    assert axis.spans is not None
    assert axis.spans.at(5) == (None, 5)


def test_macs_of_mamba_are_maps_convolution_and_scan() -> None:
    """Per position and layer, the maps, four taps, and 16 states that are updated and read out."""
    inner, rank, states = 1536, 48, 16
    maps = 2 * inner * 768 + inner * (rank + 2 * states) + rank * inner + inner * 768
    layer = maps + 4 * inner + 2 * inner * states
    assert totals(traced("mamba_130m")).macs == 1024 * (24 * layer + 768 * 50_280)


class Vae(nn.Module):
    """PyTorch's VAE example."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, width)
        self.fc21 = nn.Linear(width, 20)
        self.fc22 = nn.Linear(width, 20)
        self.fc3 = nn.Linear(20, width)
        self.fc4 = nn.Linear(width, 784)

    def forward(self, image: Tensor) -> Tensor:
        """(784) -> (784)."""
        hidden = torch.tanh(self.fc1(image))
        mean, deviation = self.fc21(hidden), torch.exp(self.fc22(hidden) / 2)
        result: Tensor = self.fc4(torch.tanh(self.fc3(mean + deviation * torch.randn_like(mean)))).sigmoid()
        return result


@pytest.mark.parametrize(
    ("settings", "width", "count"),
    [({}, 500, 815_824), ({"width": 400, "activation": "ReLU"}, 400, 652_824)],
)
def test_the_vae_is_the_example(settings: "dict[str, Value]", width: int, count: int) -> None:
    network = traced("vae", **settings)
    with torch.device("meta"):
        module = Vae(width)
    assert tensors(network) == torch_tensors(module)
    assert totals(network) == (count, 0, half_flops(module, (784,)))
    assert [port.tensor.shape for port in network.outputs] == [(784,), (20,), (20,)]


def test_simclr_is_one_resnet_for_two_views() -> None:
    network = traced("simclr_resnet50")
    weights, _ = tensors(network)
    once = {name.removeprefix("f."): shape for name, shape in weights.items() if name.startswith("f.")}
    resnet, _ = torch_tensors(build("resnet50"))
    assert once == {name: shape for name, shape in resnet.items() if not name.startswith("fc.")}
    counted = params(network)
    assert counted.params == 23_508_032 + 2048 * 2048 + 2048 + 2048 * 128 + 128
    assert all(layer.params == 0 for name, layer in counted.layers.items() if "_again" in name)
    assert counted.buffers == totals(traced("resnet50")).buffers
    assert totals(network).macs == 2 * (totals(traced("resnet50")).macs - 2_048_000 + 2048 * (2048 + 128))
    assert [port.tensor.shape for port in network.outputs] == [(128,), (128,)]


class Down(nn.Module):
    """A strided convolution with TensorFlow's padding, a norm and a LeakyReLU."""

    def __init__(self, arriving: int, leaving: int, groups: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(arriving, leaving, 5, 2)
        self.norm = nn.GroupNorm(groups, leaving) if groups else None

    def forward(self, image: Tensor) -> Tensor:
        """(C, H, W) -> (C', H / 2, W / 2)."""
        result: Tensor = self.conv(nn.functional.pad(image, (1, 2, 1, 2)))
        return nn.functional.leaky_relu(result if self.norm is None else self.norm(result), 0.2)


class Critic(nn.Module):
    """The authors' critic for images of 64 x 64."""

    def __init__(self, *, instance: bool) -> None:
        super().__init__()
        self.down1 = Down(3, 64, 0)
        self.down2 = Down(64, 128, 128 if instance else 1)
        self.down3 = Down(128, 256, 256 if instance else 1)
        self.down4 = Down(256, 512, 512 if instance else 1)
        self.output = nn.Linear(512 * 4 * 4, 1)

    def forward(self, image: Tensor) -> Tensor:
        """(3, 64, 64) -> (1)."""
        result: Tensor = self.output(self.down4(self.down3(self.down2(self.down1(image)))).flatten(1))
        return result


@pytest.mark.parametrize("instance", [False, True])
def test_the_critic_is_the_authors(instance: bool) -> None:  # noqa: FBT001  a variable of the spec
    network = traced("wgan_gp_critic", instance=instance)
    with torch.device("meta"):
        module = Critic(instance=instance)
    assert tensors(network) == torch_tensors(module)
    assert totals(network).macs == half_flops(module, (3, 64, 64))
    assert network.outputs[0].tensor.shape == output_shape(module, (3, 64, 64))


def test_the_critic_sees_a_whole_image_through_its_norms() -> None:
    found = receptive_fields(traced("wgan_gp_critic")).layers
    (before,), (behind,) = found["down2.conv"], found["down2.norm"]
    assert [axis.size for axis in before.axes] == [13, 13]
    assert not before.whole_input
    assert behind.whole_input


class MaskedAutoencoder(nn.Module):
    """The autoencoder of the paper around torchvision's layers, its names the authors'."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, 768, 16, 16)
        self.pos_embed = nn.Parameter(torch.zeros(1, 197, 768), requires_grad=False)
        self.mask = RandomMasking()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, 768))
        self.blocks = layers(12, 12, 768)
        self.norm = nn.LayerNorm(768)
        self.decoder_embed = nn.Linear(768, 512)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, 512))
        self.decoder_pos_embed = nn.Parameter(torch.zeros(1, 197, 512), requires_grad=False)
        self.decoder_blocks = layers(8, 16, 512)
        self.decoder_norm = nn.LayerNorm(512)
        self.decoder_pred = nn.Linear(512, 768)

    def forward(self, image: Tensor) -> Tensor:
        """(3, 224, 224) -> (196, 768)."""
        projection = cast("nn.Module", self.patch_embed.proj)
        tokens = cast("Tensor", projection(image)).flatten(2).transpose(1, 2) + self.pos_embed[:, 1:]
        kept = cast("Tensor", self.mask(tokens))
        kept = torch.cat(((self.cls_token + self.pos_embed[:, :1]).expand(len(kept), -1, -1), kept), 1)
        encoded = self.decoder_embed(self.norm(self.blocks(kept)))
        decoded = restored(encoded, self.mask_token, 196, 1) + self.decoder_pos_embed
        result: Tensor = self.decoder_pred(self.decoder_norm(self.decoder_blocks(decoded)))[:, 1:]
        return result


def layers(depth: int, heads: int, width: int) -> nn.Sequential:
    """Encoder layers of torchvision's ViT."""
    name = "models.vision_transformer"
    return nn.Sequential(
        *(part(name, "EncoderBlock", heads, width, 4 * width, 0.0, 0.0) for _ in range(depth))
    )


def test_the_masked_autoencoder_is_the_papers() -> None:
    network = traced("mae_vit")
    with torch.device("meta"):
        module = MaskedAutoencoder()
    for mine, theirs in zip(tensors(network), torch_tensors(module), strict=True):
        assert dict(mine) == dict(theirs)
    with sdpa_kernel(SDPBackend.MATH):
        assert totals(network).macs == half_flops(module, (3, 224, 224))
    assert network.outputs[0].tensor.shape == output_shape(module, (3, 224, 224))
    assert params(network).trainable == sum(p.numel() for p in module.parameters() if p.requires_grad)


def test_the_masked_autoencoder_has_the_parameters_of_transformers() -> None:
    models()
    from transformers.models.vit_mae.configuration_vit_mae import ViTMAEConfig
    from transformers.models.vit_mae.modeling_vit_mae import ViTMAEForPreTraining

    with torch.device("meta"):
        module = cast("nn.Module", ViTMAEForPreTraining(ViTMAEConfig()))
    count = sum(parameter.numel() for parameter in module.parameters())
    assert totals(traced("mae_vit")).params == count == 111_907_840


def test_the_encoder_sees_a_quarter_of_the_patches() -> None:
    network = traced("mae_vit")
    shapes = {layer.name: layer.output.shape for layer in network.layers}
    assert (shapes["mask"], shapes["norm"], shapes["decoder_norm"]) == ((49, 768), (50, 768), (197, 512))
    (field,) = receptive_fields(network).layers["norm"]
    assert field.whole_input


def test_which_positions_stay_is_drawn() -> None:
    """A kept position may be any: all are in its field, and the field is no exact one."""
    layers = "  - {type: Linear, out_features: 4}\n  - {type: RandomMasking, name: kept}\n"
    text = f"inputs: {{x: [8, 4]}}\nlayers:\n{layers}"
    (field,) = receptive_fields(trace(loads(text))).layers["kept"]
    (axis,) = field.axes
    assert axis.whole
    assert not axis.exact
