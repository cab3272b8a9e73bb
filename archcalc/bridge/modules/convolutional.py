"""The convolutional LSTM that exported files have written in them, with the refusals of the kind."""

from torch import Tensor

from archcalc.bridge.written import convolutional


class ConvLSTM(convolutional.ConvolutionalLSTM):
    """Layers over (T, C, H, W) on a batch."""

    def __init__(
        self,
        input_dim: int,
        hidden_dim: int,
        kernel_size: int | tuple[int, int],
        num_layers: int = 1,
        *,
        bias: bool = True,
    ) -> None:
        taps = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,)
        if any(each % 2 == 0 for each in taps):
            raise ValueError("the state would not fit the next map")
        super().__init__(input_dim, hidden_dim, kernel_size, num_layers, bias=bias)

    def forward(
        self, x: Tensor, h_0: Tensor | None = None, c_0: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The outputs and the last states."""
        if x.dim() != 5:
            raise ValueError("no sequence of maps")
        state = (len(x), len(self.cell_list), self.hidden_dim, *x.shape[3:])
        given = [each for each in (h_0, c_0) if each is not None]
        if len(given) == 1 or any((each.shape, each.dtype) != (state, x.dtype) for each in given):
            raise ValueError("the states do not fit")
        return super().forward(x, h_0, c_0)
