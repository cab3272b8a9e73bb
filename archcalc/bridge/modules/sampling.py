"""A draw that gradients pass."""

import torch
from torch import Tensor, nn


class Reparameterize(nn.Module):
    """The draw of PyTorch's VAE example."""

    def forward(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Two tensors of one shape -> that shape."""
        deviation = torch.exp(0.5 * log_variance)
        if mean.shape != deviation.shape or not mean.is_floating_point():
            raise ValueError("a mean and a variance for every place")
        return mean + torch.randn_like(deviation) * deviation
