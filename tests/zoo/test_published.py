"""The shipped specs against published numbers and the real torch modules, tensor by tensor."""

from typing import TYPE_CHECKING, NamedTuple

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc import zoo
from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.loading import load
from archcalc.tracing import trace
from tests.zoo.torchvision_models import build

if TYPE_CHECKING:
    from archcalc.tracing import Trace


class Published(NamedTuple):
    """Numbers of torchvision 0.28.0's models, as its weight tables and model code give them."""

    params: int
    buffers: int
    macs: int


PUBLISHED = {
    "alexnet": Published(61_100_840, 0, 714_188_480),
    "vgg16": Published(138_357_544, 0, 15_470_264_320),
    "resnet18": Published(11_689_512, 9_620, 1_814_073_344),
    "resnet50": Published(25_557_032, 53_173, 4_089_184_256),
}


def lenet5() -> nn.Module:
    """LeNet-5 with a fully connected C3, as textbooks build it."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )


def dilated_context() -> nn.Module:
    """The basic context module on 21 class maps."""
    rates = (1, 1, 2, 4, 8, 16, 1)
    layers = [nn.Sequential(nn.Conv2d(21, 21, 3, padding=rate, dilation=rate), nn.ReLU()) for rate in rates]
    return nn.Sequential(*layers, nn.Conv2d(21, 21, 1))


def traced(name: str) -> "Trace":
    return trace(load(name))


def shapes_of(network: "Trace", kind: str) -> dict[str, tuple[int, ...]]:
    tensors = [
        (layer, layer.facts.weights if kind == "weights" else layer.facts.buffers) for layer in network.layers
    ]
    return {f"{layer.name}.{name}": shape for layer, found in tensors for name, shape in found.items()}


@pytest.mark.parametrize("name", PUBLISHED)
def test_totals_are_those_published(name: str) -> None:
    network = traced(name)
    counted = params(network)
    assert Published(counted.params, counted.buffers, macs(network)[0]) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_tensor_has_torchvisions_name_and_shape(name: str) -> None:
    module = build(name)
    network = traced(name)
    assert shapes_of(network, "weights") == {
        key: tuple(value.shape) for key, value in module.named_parameters()
    }
    assert shapes_of(network, "buffers") == {key: tuple(value.shape) for key, value in module.named_buffers()}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("size", [224, 161])
def test_macs_are_half_of_what_torch_counts(name: str, size: int) -> None:
    module = build(name)
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        module(torch.empty(1, 3, size, size))
    network = trace(load(name), {"size": size})
    assert macs(network)[0] * 2 == counter.get_total_flops()


@pytest.mark.parametrize(("name", "module"), [("lenet5", lenet5()), ("dilated_context", dilated_context())])
def test_textbook_networks_have_the_tensors_of_their_torch_modules(name: str, module: nn.Module) -> None:
    network = traced(name)
    mine = list(shapes_of(network, "weights").values())
    assert mine == [tuple(parameter.shape) for parameter in module.parameters()]
    tensor = next(iter(network.inputs.values()))
    output = module(torch.zeros(2, *tensor.shape))
    assert tuple(output.shape[1:]) == network.outputs[0].tensor.shape


def test_lenet5_has_61_706_parameters() -> None:
    assert params(traced("lenet5")).params == 61_706


# Receptive fields: size, stride and start along each axis, from Araujo et al. 2019 (Distill), Yu & Koltun
# 2016 and the main paths of torchvision's networks.
FIELDS = [
    ("resnet18", "layer4.1.relu2", 435, 32, -217),
    ("resnet50", "layer1.2.relu3", 35, 4, -17),
    ("resnet50", "layer2.3.relu3", 91, 8, -45),
    ("resnet50", "layer3.5.relu3", 267, 16, -133),
    ("resnet50", "layer4.2.relu3", 427, 32, -213),
    ("vgg16", "features.30", 212, 32, -90),
    ("alexnet", "features.12", 195, 32, -66),
    ("lenet5", "c1", 5, 1, 0),
    ("lenet5", "s4", 16, 4, 0),
    ("lenet5", "c5", 32, 4, 0),
    *(
        ("dilated_context", f"layer.{index}.conv", size, 1, -(size // 2))
        for index, size in enumerate((3, 5, 9, 17, 33, 65, 67))
    ),
    ("dilated_context", "final", 67, 1, -33),
]


@pytest.mark.parametrize(("name", "layer", "size", "stride", "start"), FIELDS)
def test_receptive_fields_are_those_published(
    name: str, layer: str, size: int, stride: int, start: int
) -> None:
    (field,) = receptive_fields(traced(name)).layers[layer]
    for axis in field.axes:
        assert axis.size == size
        assert axis.stride == stride
        assert axis.start == start
    assert len(field.axes) == 2
    assert not field.whole_input


@pytest.mark.parametrize(
    ("name", "first"),
    [("resnet18", "avgpool"), ("resnet50", "avgpool"), ("vgg16", "flatten_0"), ("alexnet", "flatten_0")],
)
def test_everything_from_global_pool_or_flatten_on_reads_the_whole_input(name: str, first: str) -> None:
    fields = receptive_fields(traced(name)).layers
    names = list(fields)
    behind = names[names.index(first) :]
    assert all(fields[layer][0].whole_input for layer in behind)
    assert not any(fields[layer][0].whole_input for layer in names[: names.index(first)])


@pytest.mark.parametrize("entry", zoo.entries(), ids=lambda entry: entry.name)
def test_every_spec_says_what_it_is(entry: zoo.Entry) -> None:
    assert any(year in entry.title for year in map(str, range(1980, 2027)))
    assert entry.shows.startswith("Shows ")
    assert load(entry.name).spec.name == entry.name


@pytest.mark.parametrize("name", zoo.names())
def test_every_spec_traces_without_findings(name: str) -> None:
    assert not traced(name).findings


def test_resnet50_is_short() -> None:
    path = zoo.path_of("resnet50")
    assert path is not None
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40
