"""What a network holds beside its layers, as modules that read nothing and give a batch of one."""

from typing import cast

import torch
from torch import Tensor, nn

from archcalc.bridge.modules.reading import BARE


class Held(nn.Module):
    """A parameter, a buffer or a constant."""

    bare: Tensor

    def live_in(self, home: "dict[str, Tensor | None]", name: str) -> None:
        """Keep the tensor among the buffers of a scope, where another precision may replace it."""
        home[name] = self.bare
        vars(self)["home"] = home, name

    def forward(self) -> Tensor:
        """The tensor, as of one sample."""
        home, name = cast("tuple[dict[str, Tensor], str]", vars(self).get("home", ({}, "")))
        return home.get(name, self.bare)[None]


def held_parameter(shape: tuple[int, ...], dtype: str = "float32") -> Held:
    """A learned tensor of ones."""
    held = Held()
    held.register_parameter(BARE, nn.Parameter(_ones(shape, dtype)))
    return held


def held_buffer(
    shape: tuple[int, ...],
    dtype: str = "float32",
    *,
    persistent: bool = True,
    in_constants: bool = False,  # noqa: ARG001  no layer reads it here either
) -> Held:
    """A tensor of ones that is not learned."""
    held = Held()
    held.register_buffer(BARE, _ones(shape, dtype), persistent=persistent)
    return held


def held_constant(
    shape: tuple[int, ...], dtype: str = "float32", value: float | None = None, form: str = "other"
) -> Held:
    """A tensor that is no part of the state."""
    held = Held()
    vars(held)[BARE] = numbers_of_form(shape, cast("torch.dtype", getattr(torch, dtype)), value, form)
    return held


def numbers_of_form(shape: tuple[int, ...], dtype: torch.dtype, value: float | None, form: str) -> Tensor:
    """The numbers of a form; where they are not known ones, or the whole number 0, which every table has."""
    if form == "fill" and value is not None:
        return torch.full(shape, value, dtype=dtype)
    if form == "range" and shape:
        return torch.arange(shape[-1]).expand(shape).to(dtype)
    if form in ("causal", "window"):
        asked = torch.ones(shape, dtype=torch.bool).tril()
        if dtype == torch.bool:
            return asked
        hidden = (-torch.inf if dtype.is_floating_point else 0) if value is None else value
        return torch.zeros(shape, dtype=dtype).masked_fill(~asked, hidden)
    if form in ("cosines", "sines") and dtype.is_floating_point:
        return torch.full(shape, float(form == "cosines"), dtype=dtype)
    return torch.ones(shape, dtype=dtype) if dtype.is_floating_point else torch.zeros(shape, dtype=dtype)


def _ones(shape: tuple[int, ...], dtype: str) -> Tensor:
    real = cast("torch.dtype", getattr(torch, dtype))
    return torch.ones(shape, dtype=real) if real.is_floating_point else torch.zeros(shape, dtype=real)


SOURCES = {"Parameter": held_parameter, "Buffer": held_buffer, "Constant": held_constant}
