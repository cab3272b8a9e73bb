"""transformers' MambaMixer under mamba's argument names, with what its loop multiplies element by element."""

from typing import cast

from torch import Tensor, nn

from archcalc.bridge.libraries import imported


def mamba(
    d_model: int,
    d_state: int = 16,
    d_conv: int = 4,
    expand: int = 2,
    dt_rank: int | str = "auto",
    *,
    conv_bias: bool = True,
    bias: bool = False,
) -> nn.Module:
    """The mixer of transformers' Mamba."""
    home = "transformers.models.mamba"
    config = imported(f"{home}.configuration_mamba").MambaConfig(
        hidden_size=d_model,
        state_size=d_state,
        conv_kernel=d_conv,
        expand=expand,
        time_step_rank=dt_rank,
        use_conv_bias=conv_bias,
        use_bias=bias,
        num_hidden_layers=1,
    )
    return reporting(cast("nn.Module", imported(f"{home}.modeling_mamba").MambaMixer(config, 0)))


def reporting(mixer: nn.Module) -> nn.Module:
    """The mixer, telling in ``products`` what FlopCounterMode counts too little or too much.

    That sees its maps, the read-out of the state (a matrix product) and the convolution, which the mixer
    makes ``d_conv - 1`` positions longer than is kept; it does not see the state's update.
    """
    sizes = mixer.get_parameter("A_log").shape, mixer.get_parameter("conv1d.weight").shape
    (inner, states), (_, _, taps) = sizes

    def products(_: nn.Module, arrived: tuple[Tensor, ...]) -> None:
        batch, length = arrived[0].shape[:2]
        vars(mixer)["products"] = batch * inner * (length * states - (taps - 1) * taps)

    mixer.register_forward_pre_hook(products)
    return mixer
