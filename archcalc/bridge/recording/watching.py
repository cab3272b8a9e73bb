"""Sees every function of torch that is called, the outermost one only, and writes it down."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from archcalc.bridge.recording.answers import Answers
from archcalc.bridge.recording.flops import Flops
from archcalc.bridge.recording.history import Depends, SeenCall, SeenTensor, swapped
from archcalc.bridge.recording.naming import answering, asks_shape, initialises, torch_name
from archcalc.bridge.recording.places import PythonLines
from archcalc.bridge.recording.results import walked_through
from archcalc.bridge.recording.tracking import Tracking, alias, dtype_of, version_of
from archcalc.records import dataclass

UNSEEN = "unseen"
"""In place of its name, what gave a tensor out of sight."""
OWN_RESULT = ("dropout", "alpha_dropout")
"""Ends of names of functions that may return what they got, and are layers all the same."""
DETACHING = ".detach_"
"""End of the name of the function that changes a tensor in place, and none of its numbers."""


@dataclass(slots=True)
class Started:
    """A call that runs: what it got, and how far torch had counted."""

    tensors: list[Tensor]
    versions: list[int]
    nodes: list[SeenTensor]
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    flops: int
    frame: tuple[str, int] | None


class Watch(TorchFunctionMode):
    """Writes down the calls of functions, and of modules for those who tell it.

    Args:
        places: finds the line that calls.
        flops: counts what operators cost.
    """

    def __init__(self, places: PythonLines, flops: Flops) -> None:
        super().__init__()
        self.places, self.flops = places, flops
        self.scopes: list[str] = [""]
        self.whole = 0
        self.building = True
        self.forget()

    def forget(self) -> None:
        """Begin anew: what was seen is of no use."""
        self.tracking = Tracking()
        self.answers = Answers(self.tracking, self.places)

    def begin(self) -> None:
        """The module is built, and its run begins."""
        self.building = False
        self.tracking.events.clear()
        self.tracking.stale.clear()  # numbers of weights are of no use
        self.tracking.unseen = self._unseen

    def _unseen(self, tensor: Tensor) -> SeenTensor:
        """A tensor that appears in the run and that no function which was seen gave."""
        frame = self.places.calling()
        if isinstance(tensor, nn.Parameter):
            told = "a parameter that belongs to no module of the network is read"
            node = SeenTensor(tuple(tensor.shape), dtype_of(tensor), Depends.WEIGHTS)
        else:
            told = "a tensor comes from code that torch does not show, a scripted function or an extension"
            event = SeenCall(UNSEEN, None, (), {}, self.scopes[-1], None, frame, depends=Depends.DATA)
            node = SeenTensor(tuple(tensor.shape), dtype_of(tensor), Depends.DATA, made=event)
            event.result = node
            self.tracking.events.append(event)
        self.answers.remark(told, frame)
        return node

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401  torch leaves functions open
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """Run a function, and write down what it did."""
        given = kwargs or {}
        if asks_shape(func):
            return cast("object", func(*args, **given))
        if answering(func):
            return self.answers.answer(func, args, given)
        if self.whole:
            return self._run(func, args, given)
        if self.building and initialises(func) and args and isinstance(args[0], nn.Parameter):
            return args[0] if args[0].is_meta else cast("object", func(*args, **given))
        started = self.start(args, given)
        return self.finish(started, torch_name(func), func, self._run(func, args, given))

    def _run(self, func: "Callable[..., object]", args: Any, kwargs: Any) -> object:  # noqa: ANN401
        try:
            return func(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  code of others raises what it likes
            return self.answers.instead(func, args, kwargs, error)

    def start(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Started:
        """A call begins."""
        tensors: list[Tensor] = []

        def noted(tensor: Tensor) -> SeenTensor:
            tensors.append(tensor)
            return self.tracking.node(tensor)

        stated = cast("tuple[object, ...]", swapped(args, noted))
        named_args = cast("Mapping[str, object]", swapped(dict(kwargs), noted))
        nodes = [self.tracking.node(each) for each in tensors]
        versions = [version_of(each) for each in tensors]
        return Started(tensors, versions, nodes, stated, named_args, self.flops.total, self.places.calling())

    def finish(
        self,
        started: Started,
        op: str,
        run: "Callable[..., object] | None",
        result: object,
        module: str | None = None,
        weights: Depends = Depends.CONSTANT,
    ) -> object:
        """A call ends: what the caller gets, which is the result, with objects of its own."""
        ending = _Ending(self, started, op, module)
        changed = ending.changed()
        if not ending.makes(result) and not changed and not module:
            return result
        shaped = op.rpartition(".")[2] in SHAPED
        args, kwargs = (started.args, started.kwargs) if not shaped else _shapes_alone(started)
        depends = max([weights, *(each.depends for each in started.nodes if not shaped)])
        event = SeenCall(
            op,
            run,
            args,
            kwargs,
            self.scopes[-1],
            module,
            started.frame,
            written=self._before(started, changed),
            flops=self.flops.total - started.flops,
            depends=depends,
            with_gradients=torch.is_grad_enabled(),
        )
        return self._given(started, event, result, changed)

    def result(self, value: object) -> object:
        """What the network returned, with values in place of tensors."""
        return self._stated(value, ())[1]

    def _stated(self, value: object, path: tuple[object, ...]) -> tuple[object, object]:
        if isinstance(value, Tensor):
            return value, self.tracking.node(value)
        return walked_through(value, path, self._stated)

    def _before(self, started: Started, changed: list[Tensor]) -> SeenTensor | None:
        return next(
            (
                node
                for each, node in zip(started.tensors, started.nodes, strict=True)
                if each in _Same(changed)
            ),
            None,
        )

    def _given(self, started: Started, event: SeenCall, result: object, changed: list[Tensor]) -> object:
        self.tracking.events.append(event)
        sources = frozenset[str]().union(*(each.sources for each in started.nodes))
        stated: dict[int, SeenTensor] = {}
        inputs = _Same(started.tensors)

        def made(tensor: Tensor, path: "tuple[object, ...] | None") -> SeenTensor:
            node = SeenTensor(
                tuple(tensor.shape), dtype_of(tensor), event.depends, made=event, path=path, sources=sources
            )
            node.requires_grad = tensor.requires_grad
            if not tensor.is_meta and event.depends == Depends.CONSTANT:
                node.numbers = tensor.detach().clone() if tensor in _Same(changed) else tensor.detach()
            stated[id(tensor)] = node
            return node

        def placed(value: object, path: tuple[object, ...]) -> tuple[object, object]:
            if isinstance(value, Tensor):
                if id(value) in stated:
                    return value, stated[id(value)]
                if value in _Same(changed):
                    node = made(value, path)
                    self.tracking.changed(value, node)
                    return value, node
                own = alias(value) if value in inputs else value
                node = made(own, path)
                self.tracking.hold(own, node, same=value if own is not value else None)
                self._viewed(own, started, event)
                return own, node
            return walked_through(value, path, placed)

        self.whole += 1
        try:
            given, event.result = placed(result, ())
            for each in changed:
                if id(each) not in stated:
                    node = made(each, None)
                    self.tracking.changed(each, node)
                    if event.result is None:
                        event.result = node
        finally:
            self.whole -= 1
        return given

    def _viewed(self, tensor: Tensor, started: Started, event: SeenCall) -> None:
        """Remember what a view is a view of."""
        base = tensor._base  # noqa: SLF001  # torch has no other name for it
        if base is None:
            return
        for each in started.tensors:
            if each is base or each._base is base:  # noqa: SLF001
                self.tracking.view(tensor, each, event)
                return


@dataclass(slots=True)
class _Ending:
    watch: Watch
    started: Started
    op: str
    module: str | None
    seen: list[Tensor] = field(default_factory=list[Tensor])

    def changed(self) -> list[Tensor]:
        """Arguments that were changed in place; of those that share their memory the first."""
        pairs = zip(self.started.tensors, self.started.versions, strict=True)
        found = [
            tensor
            for tensor, version in pairs
            if version_of(tensor) != version or self.op.endswith(DETACHING)
        ]
        bases = [id(each if each._base is None else each._base) for each in found]  # noqa: SLF001
        return [each for at, each in enumerate(found) if bases[at] not in bases[:at]]

    def makes(self, result: object) -> bool:
        """Whether there is a new tensor in a result, or one that is a layer's own."""
        tensors: list[Tensor] = []
        swapped(result, tensors.append)
        inputs = _Same(self.started.tensors)
        new = any(each not in inputs for each in tensors)
        return new or (bool(tensors) and self.op.endswith(OWN_RESULT))


def _shapes_alone(started: Started) -> "tuple[tuple[object, ...], Mapping[str, object]]":
    """Arguments with something of the same shape and dtype in place of tensors."""

    def shape(node: SeenTensor) -> SeenTensor:
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
            one = torch.zeros((), dtype=cast("torch.dtype", getattr(torch, node.dtype)), device="cpu")
            return SeenTensor(node.shape, node.dtype, Depends.CONSTANT, numbers=one.expand(node.shape))

    return cast(
        "tuple[tuple[object, ...], Mapping[str, object]]",
        (
            swapped(started.args, lambda each: each, shape),
            swapped(dict(started.kwargs), lambda each: each, shape),
        ),
    )


class _Same:
    """Objects by identity: tensors compare number by number."""

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self.ids = {id(each) for each in tensors}

    def __contains__(self, tensor: object) -> bool:
        return id(tensor) in self.ids


SHAPED = frozenset(
    (
        *("new_zeros", "new_ones", "new_full", "new_empty", "zeros_like", "ones_like", "full_like"),
        *("empty_like", "rand_like", "randn_like"),
    )
)
"""Functions that take of a tensor its shape and dtype alone."""
