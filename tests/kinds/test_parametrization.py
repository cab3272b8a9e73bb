"""Parametrised weights: torch's names, shapes and order for weights of any number of axes."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from archcalc import loads, params, trace
from archcalc.facts import Tensor
from archcalc.layers.parametrization import Parametrization, tensors
from archcalc.layers.registry import kind


class Weighted(nn.Module):
    """A weight of any shape, and a bias."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(shape))
        self.bias = nn.Parameter(torch.rand(shape[0]))


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 3, 2), (5, 3, 2, 4), (1, 1)])
@pytest.mark.parametrize("parametrization", ["weight_norm", "spectral_norm"])
@pytest.mark.parametrize("dim", [0, 1])
def test_tensors_are_those_of_torch(
    shape: tuple[int, ...], parametrization: Parametrization, dim: int
) -> None:
    if parametrization == "weight_norm":
        layer = parametrizations.weight_norm(Weighted(shape))
    else:
        layer = parametrizations.spectral_norm(Weighted(shape), dim=min(dim, len(shape) - 1))
    weights, buffers = tensors(shape, (shape[0],), parametrization, dim)
    theirs = [(name, tuple(value.shape)) for name, value in layer.named_parameters()]
    assert list(weights.items()) == theirs
    assert list(buffers.items()) == [(name, tuple(value.shape)) for name, value in layer.named_buffers()]


def test_a_discriminator_counts_one_weight_and_two_vectors_a_layer() -> None:
    """Spectral normalisation adds no parameter: 64 3 4 4 + 64, and 64 + 3 4 4 numbers in buffers."""
    spec = (
        "inputs: {x: [3, 32, 32]}\nlayers:\n"
        "  - {type: Conv2d, out_channels: 64, kernel_size: 4, parametrization: spectral_norm}\n"
    )
    report = params(trace(loads(spec)))
    assert (report.params, report.buffers) == (64 * 3 * 16 + 64, 64 + 3 * 16)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_transposed_convolution_has_the_rows_that_torch_takes(rank: int) -> None:
    """Its weights have the input channels first, and spectral_norm takes the output channels for rows."""
    name, arguments = f"ConvTranspose{rank}d", {"out_channels": 3, "kernel_size": 2}
    made = parametrizations.spectral_norm(getattr(nn, name)(in_channels=5, **arguments))
    layer = kind(name).model_validate({**arguments, "parametrization": "spectral_norm"})
    facts = layer.infer((Tensor((5, *(4,) * rank)),))
    assert facts.weights == {key: tuple(value.shape) for key, value in made.named_parameters()}
    assert facts.buffers == {key: tuple(value.shape) for key, value in made.named_buffers()}
