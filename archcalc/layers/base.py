"""What every layer kind is: a frozen record of torch's arguments with one method, ``infer``."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from pydantic import BaseModel

from archcalc.errors import Fault

if TYPE_CHECKING:
    from archcalc.facts import Facts, Tensor


class Layer(
    BaseModel,
    ABC,
    frozen=True,
    strict=True,
    extra="forbid",
    defer_build=True,
):
    """A layer kind: its fields are the YAML keys, with torch's names, meanings and defaults."""

    @abstractmethod
    def infer(self, inputs: "tuple[Tensor, ...]") -> "Facts":
        """State every fact of this layer on ``inputs`` (shapes without the batch).

        Raises:
            Fault: where torch would refuse the arguments or the inputs.
        """


def single(inputs: "tuple[Tensor, ...]") -> "Tensor":
    """The only input of a layer that takes one."""
    if len(inputs) != 1:
        raise Fault(
            f"takes 1 input, got {len(inputs)}",
            key="from",
            hint="merge them first with Add, Multiply or Concat",
        )
    return inputs[0]


def single_float(inputs: "tuple[Tensor, ...]") -> "Tensor":
    """The only input of a layer that calculates with real numbers."""
    tensor = single(inputs)
    if not tensor.is_float:
        raise Fault(f"needs a floating point input, got {tensor.dtype}", hint=floats_hint(tensor))
    return tensor


def floats_hint(tensor: "Tensor") -> str:
    """A hint where whole numbers arrive instead of real ones."""
    if not tensor.dtype.startswith(("int", "uint")):
        return ""
    return "tokens become vectors in an Embedding; other numbers are declared float32"


def channels_first(tensor: "Tensor", rank: int) -> tuple[int, tuple[int, ...]]:
    """Split (C, *positions) into C and the ``rank`` position sizes."""
    if len(tensor.shape) != rank + 1:
        letters = ", ".join(("C", *("D", "H", "W")[3 - rank :])) if rank > 1 else "C, L"
        raise Fault(
            f"needs {rank + 1} axes ({letters}), got {len(tensor.shape)}: {list(tensor.shape)}",
            hint="shapes are written without the batch axis",
        )
    return tensor.shape[0], tensor.shape[1:]


def agree(key: str, written: int | None, arriving: int) -> None:
    """Check an input size that the spec states against the one that arrives."""
    if written is not None and written != arriving:
        raise Fault(
            f"{key} is {written}, but {arriving} arrive",
            key=key,
            hint=f"write {key}: {arriving}, or leave it out: it is inferred",
        )
