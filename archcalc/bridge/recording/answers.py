"""Answers to questions about numbers that meta tensors lack, and results of what does not run on meta."""

from math import prod
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from archcalc.bridge.recording.history import (
    MAX_REPLAYED,
    Depends,
    NotKnown,
    Replay,
    SeenTensor,
    on_cpu,
    swapped,
)
from archcalc.bridge.recording.naming import torch_name
from archcalc.bridge.recording.places import PythonLines, SourceLine, line_place
from archcalc.bridge.recording.tracking import Tracking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

META = torch.device("meta")
NUMBERS = {"item", "__int__", "__float__", "__index__", "__complex__"}


FOUND = {"nonzero", "argwhere", "unique", "unique_consecutive", "where"}
"""Functions whose results are as long as the numbers say."""


def _grouped(one: Tensor, two: Tensor, *_: object, **__: object) -> Tensor:
    """Rows times the matrix of their group: as many products as with one matrix for all."""
    return one @ (two[0] if one.dim() < two.dim() else two)


SHAPED_ALIKE: "Mapping[str, Callable[..., object]]" = {"_grouped_mm": _grouped, "grouped_mm": _grouped}
"""Functions whose meta kernels ask for another dtype or device -> those with their shapes and products."""


class Answers:
    """Knows the numbers of constants, and takes a stated way where they depend on the data.

    Args:
        tracking: the values of tensors.
        places: finds the line that asks.
    """

    def __init__(self, tracking: Tracking, places: PythonLines) -> None:
        self.tracking, self.places = tracking, places
        self.constants, self.likely = Replay(), Replay(_likely)
        self.remarks: dict[str, None] = {}
        self.asked = 0

    def answer(self, func: "Callable[..., object]", args: Any, kwargs: Any) -> object:  # noqa: ANN401
        """What a function says of numbers."""
        if not _on_meta((args, kwargs)):
            return func(*args, **kwargs)
        numbers, sure = self._numbers((args, kwargs))
        name = torch_name(func).rpartition(".")[2]
        if numbers is not None:
            given, named_args = cast("tuple[tuple[object, ...], dict[str, object]]", numbers)
            with torch._C.DisableTorchFunction():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
                said = func(*given, **named_args)
        else:
            said = _plain_answer(name, args)
        if not sure:
            self._told(name, said)
        return said

    def instead(self, func: "Callable[..., object]", args: Any, kwargs: Any, error: Exception) -> object:  # noqa: ANN401
        """The result of a function that does not run as it is.

        Tensors of the CPU among those of meta are brought there. What has no meta kernel runs on the CPU, on
        its own numbers where these are known, else on likely ones.

        Raises:
            Exception: it does not run at all.
        """
        tensors: list[Tensor] = []
        swapped((args, kwargs), tensors.append)
        if not any(each.is_meta for each in tensors) and not _asks_for_meta(kwargs):
            raise error
        if any(not each.is_meta for each in tensors):
            try:
                return func(*self._on_meta(args), **self._on_meta(kwargs))
            except Exception as again:  # noqa: BLE001  whatever it raises, it is tried on the CPU
                error = again
        stand_in = SHAPED_ALIKE.get(torch_name(func).rpartition(".")[2])
        if stand_in is not None:
            return stand_in(*args, **kwargs)
        if sum(each.numel() for each in tensors) > MAX_REPLAYED:
            raise error
        return self._on_cpu(func, args, kwargs, error)

    def _on_cpu(self, func: "Callable[..., object]", args: Any, kwargs: Any, error: Exception) -> object:  # noqa: ANN401
        numbers, sure = self._numbers((args, kwargs), zeros=True)
        given, named_args = cast("tuple[tuple[object, ...], dict[str, object]]", on_cpu(numbers))
        try:
            with torch._C.DisableTorchFunction():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
                result = func(*given, **named_args)
        except Exception:  # noqa: BLE001  the first error says more
            raise error from None
        name = torch_name(func).rpartition(".")[2]
        if not sure and (name in FOUND or self._unsure_indices((args, kwargs))):
            self._told(name, None)
        learning = torch.is_grad_enabled() and _requires_grad((args, kwargs))
        return swapped(result, lambda each: _in_the_place_of(each, learning=learning))

    def _unsure_indices(self, value: object) -> bool:
        """Whether there are whole numbers or masks that nobody knows: they decide on shapes."""
        tensors: list[Tensor] = []
        swapped(value, tensors.append)
        return not all(self._numbers(each)[1] for each in tensors if not each.is_floating_point())

    def _on_meta(self, value: Any) -> Any:  # noqa: ANN401
        def moved(tensor: Tensor) -> Tensor:
            if tensor.is_meta:
                return tensor
            twin = tensor.to(META)
            self.tracking.hold(twin, self.tracking.node(tensor))
            return twin

        return swapped(value, moved)

    def _numbers(self, value: object, *, zeros: bool = False) -> tuple[object, bool]:
        """Arguments on the CPU, and whether their numbers are the true ones; None: they are not known."""
        sure, known = True, True

        def found(tensor: Tensor) -> Tensor:
            nonlocal sure, known
            if not tensor.is_meta:
                return tensor
            node = self.tracking.seen(tensor)
            try:
                return self.constants.numbers(node)
            except NotKnown:
                sure = False
            try:
                return self.likely.numbers(node)
            except NotKnown:
                known = False
            return torch.zeros(tensor.shape, dtype=tensor.dtype, device="cpu")

        with torch._C.DisableTorchFunction():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
            numbers = swapped(value, found)
        return (numbers if known or zeros else None), sure

    def _told(self, name: str, said: object) -> None:
        if not isinstance(said, bool | int | float | str):
            told = f"{name} depends on the data; it was run on numbers in their place"
        else:
            told = f"{name} depends on the data; the path of {said!r} was run"
        self.remark(told, self.places.calling())

    def remark(self, told: str, line: SourceLine | None) -> None:
        """Something that a reader has to know, and where it is."""
        at = line_place(line)
        self.remarks[f"{at.file}:{at.line}: {told}" if at else told] = None


def _requires_grad(value: object) -> bool:
    tensors: list[Tensor] = []
    swapped(value, tensors.append)
    return any(each.requires_grad for each in tensors)


def _in_the_place_of(found: Tensor, *, learning: bool) -> Tensor:
    """A tensor without numbers for one that was calculated beside the run; a gradient goes to it alike."""
    bare = found.to(META)
    return bare.requires_grad_().clone() if learning and bare.is_floating_point() else bare


def _asks_for_meta(kwargs: Any) -> bool:  # noqa: ANN401
    return "meta" in str(kwargs.get("device"))


def _on_meta(value: object) -> bool:
    tensors: list[Tensor] = []
    swapped(value, tensors.append)
    return any(each.is_meta for each in tensors)


def _likely(node: SeenTensor) -> Tensor:
    """Ones in place of an input: ids and masks of ones are what every network can read."""
    if node.depends != Depends.DATA or prod(node.shape) > MAX_REPLAYED:
        raise NotKnown
    return torch.ones(node.shape, dtype=cast("torch.dtype", getattr(torch, node.dtype)), device="cpu")


def _plain_answer(name: str, args: Any) -> object:  # noqa: ANN401
    if name in {"tolist", "numpy", "__array__"}:
        zeros: Any = torch.zeros(args[0].shape, dtype=args[0].dtype, device="cpu")
        return cast("object", zeros.tolist() if name == "tolist" else zeros.numpy())
    if name not in NUMBERS:
        return False
    return 0.0 if name == "__float__" or args[0].is_floating_point() else 0
