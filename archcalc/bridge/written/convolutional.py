"""Long short-term memory whose maps are convolutions."""

import torch
from torch import Tensor, nn


class ConvolutionalCell(nn.Module):
    """One layer at one step: a convolution of map and state makes all gates."""

    def __init__(
        self,
        channels: int,
        hidden_dim: int,
        kernel_size: tuple[int, int],
        *,
        bias: bool,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            channels + hidden_dim,
            4 * hidden_dim,
            kernel_size,
            padding=(kernel_size[0] // 2, kernel_size[1] // 2),
            bias=bias,
        )

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) and the state (N, D, H, W) twice -> the next state."""
        gates: Tensor = self.conv(torch.cat((x, h), 1))
        i, f, o, g = gates.chunk(4, 1)
        memory = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * memory.tanh(), memory


class ConvolutionalLSTM(nn.Module):
    """Convolutional LSTM over (N, T, C, H, W), layer above layer, no peepholes."""

    def __init__(
        self,
        input_dim: int,
        hidden_dim: int,
        kernel_size: int | tuple[int, int],
        num_layers: int = 1,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.hidden_dim = hidden_dim
        if isinstance(kernel_size, int):
            kernel_size = (kernel_size, kernel_size)
        widths = [input_dim, *[hidden_dim] * (num_layers - 1)]
        cells = [
            ConvolutionalCell(n, hidden_dim, kernel_size, bias=bias) for n in widths
        ]
        self.cell_list = nn.ModuleList(cells)

    def forward(
        self, x: Tensor, h_0: Tensor | None = None, c_0: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Maps, maybe states (N, L, D, H, W) -> outputs, and the last states."""
        ends: list[tuple[Tensor, Tensor]] = []
        for level, cell in enumerate(self.cell_list):
            zeros = x.new_zeros(x.shape[0], self.hidden_dim, *x.shape[3:])
            h = zeros if h_0 is None else h_0[:, level]
            c = zeros if c_0 is None else c_0[:, level]
            outputs: list[Tensor] = []
            for step in x.unbind(1):
                h, c = cell(step, h, c)
                outputs.append(h)
            x = torch.stack(outputs, 1)
            ends.append((h, c))
        h_n, c_n = (torch.stack(states, 1) for states in zip(*ends, strict=True))
        return x, h_n, c_n
