"""Shapes and receptive fields of imported CNNs beside those of the module itself, as gradients tell them."""

from typing import TYPE_CHECKING, NamedTuple, cast

import pytest
import torch
from torch import Tensor, nn

from archcalc import load, trace
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.analyses.regions import region_read
from archcalc.bridge.libraries import imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.tracing import Trace

MADE = "tests.importing.test_fields:made"
TORCHVISION, TIMM = "torchvision.models", "timm"
NETWORKS: "dict[str, tuple[str, int, Mapping[str, object]]]" = {
    "mnasnet0_5": (TORCHVISION, 56, {}),
    "resnet18": (TORCHVISION, 61, {}),
    "squeezenet1_1": (TORCHVISION, 57, {}),
    "mobilenet_v2": (TORCHVISION, 56, {}),
    "shufflenet_v2_x0_5": (TORCHVISION, 56, {}),
    "densenet121": (TORCHVISION, 48, {}),
    "googlenet": (TORCHVISION, 56, {"aux_logits": False, "init_weights": False}),
    "dla46x_c": (TIMM, 64, {}),
    "starnet_s050": (TIMM, 56, {}),
    "resnet18d": (TIMM, 56, {"output_stride": 8}),  # it dilates its last stages
}
"""Model -> library, side of its input, and arguments."""
SMALL = 1e-3
"""Numbers in an image, with which a ReLU6 is never at its upper end."""
LAYERS = 6
"""Of each that are looked at, evenly from the first one to the last one with positions."""


class Call(NamedTuple):
    """A layer of the module that ran, and what it gave."""

    name: str
    output: Tensor


def made(name: str) -> nn.Module:
    """A model of either library."""
    library, _, arguments = NETWORKS[name]
    if library == TIMM:
        return cast("nn.Module", imported(TIMM).create_model(name, **arguments))
    return cast("nn.Module", getattr(imported(library), name)(weights=None, **arguments))


def positive(module: nn.Module) -> nn.Module:
    """The module with weights that cannot cancel, and means for maxima: gradients show all that it reads."""
    for inner in [*module.modules()]:
        for key, child in inner.named_children():
            if isinstance(child, nn.MaxPool2d):
                setattr(inner, key, mean_of(child))
    for key, weight in module.named_parameters():
        if weight.dim() > 1:  # a mean of what arrives, so that nothing grows or vanishes
            weight.data.uniform_(0.5, 1.5)
            weight.data /= weight.data.flatten(1).sum(1).view(-1, *(1,) * (weight.dim() - 1))
        else:
            weight.data.fill_(float(key.endswith("weight")))
    return module.double().eval()


def mean_of(pool: nn.MaxPool2d) -> nn.Module:
    """A mean over the windows of a maximum."""
    return nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)


def calls(module: nn.Module, image: Tensor, found: "Trace") -> list[Call]:
    """Every layer of the module that keeps positions, in the order in which they run."""
    seen: list[Call] = []

    def noted(name: str) -> "Callable[[nn.Module, object, Tensor], None]":
        return lambda _module, _inputs, output: seen.append(Call(name, output))

    for name, inner in module.named_modules():
        if name in found.by_name:
            inner.register_forward_hook(noted(name))
    module(image)
    own = {name for name, number in counted(seen) if number == 1}
    return [call for call in seen if call.name in own and call.output.dim() == 4]


def counted(seen: list[Call]) -> "Iterator[tuple[str, int]]":
    names = [call.name for call in seen]
    return ((name, names.count(name)) for name in dict.fromkeys(names))


@pytest.mark.parametrize("name", NETWORKS)
def test_units_read_what_gradients_of_the_module_reach(name: str) -> None:
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves it untyped
    side = NETWORKS[name][1]
    found = trace(load(MADE, arguments={"name": name}, inputs=(3, side, side), cache=False))
    report = receptive_fields(found)
    image = (torch.rand(1, 3, side, side, dtype=torch.float64) * SMALL).requires_grad_()
    every = calls(positive(made(name)), image, found)
    for call in every:
        assert tuple(call.output.shape[1:]) == found.by_name[call.name].output.shape, call.name
    assert len(every) > LAYERS
    inside = 0
    for call in every[:: len(every) // LAYERS]:
        for place in places(call.output):
            read = reached(call.output, place, image)
            assert torch.equal(read, stated(found, call.name, place)), (call.name, place)
            inside += lies_inside(report, call.name, place, read)
    assert inside


def places(output: Tensor) -> "Iterator[tuple[int, int]]":
    """The middle unit, and the last."""
    height, width = output.shape[2:]
    return iter(dict.fromkeys([(height // 2, width // 2), (height - 1, width - 1)]))


def reached(output: Tensor, place: tuple[int, int], image: Tensor) -> Tensor:
    """(height, width): whether the unit's gradient of a position is other than 0."""
    row, column = place
    (gradient,) = torch.autograd.grad(output[0, :, row, column].sum(), image, retain_graph=True)
    return cast("Tensor", gradient[0] != 0).any(0)


def stated(found: "Trace", layer: str, place: tuple[int, int]) -> Tensor:
    """(height, width): whether the unit is said to read a position."""
    (name,) = found.inputs
    region = region_read(found, layer, {1: place[0], 2: place[1]}, clipped=True)[name].over((1, 2))
    height, width = region.shape
    rows = (region.row((row,)) for row in range(height))
    return torch.tensor([[column in row for column in range(width)] for row in rows])


def lies_inside(report: "ReceptiveFieldReport", layer: str, place: tuple[int, int], read: Tensor) -> bool:
    """Whether the field of a unit lies inside the image; then it begins and ends where gradients do."""
    (field,) = report.layers[layer]
    inside = True
    for axis, at in zip(field.axes, place, strict=True):
        span = axis.spans.at(at) if axis.spans and not axis.whole else None
        if span is None or span[0] is None or span[0] < 0 or span[1] >= axis.length:
            inside = False
            continue
        line = read.any(2 - axis.axis).nonzero().flatten().tolist()
        assert (line[0], line[-1]) == span, (layer, place)
    return inside
