"""From a factory of somebody's module to the record of what its run saw."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import cast

from torch import nn
from torch.nn.parameter import is_lazy

from archcalc.bridge.hooked import MAX_NUMBERS
from archcalc.bridge.identity import storage_of, tensors_of
from archcalc.bridge.own_module import factory_of
from archcalc.bridge.recording.building import unscripted
from archcalc.bridge.recording.comparing import TwoRuns
from archcalc.bridge.recording.inputs import Inputs
from archcalc.bridge.recording.places import PythonLines, SourceLine, line_place
from archcalc.bridge.recording.running import Make, NotRun, RecordedRun, run_once
from archcalc.errors import Fault, Place
from archcalc.importing.recording import HeldModule, HeldTensor, RecordedArgument, Recording

BATCHES = (2, 3)


def record(written: str, arguments: Mapping[str, object], inputs: Inputs) -> Recording:
    """Build somebody's module and run it, once on 2 and once on 3 samples, without numbers where that can be.

    Nothing but the named factory is run, and the module's forward.

    Args:
        written: ``package.module:factory``.
        arguments: of the factory, by name.
        inputs: shapes without the batch, by the names of forward's arguments or by position. What stands
            for one argument may be a list or a dict of such.

    Raises:
        Fault: it cannot be imported, built, or run on these inputs; its calls depend on the number of
            samples.
    """
    with unscripted():
        return recorded(factory_of(written, arguments), inputs, written)


@unscripted()
def recorded(make: Make, inputs: Inputs, written: str) -> Recording:
    """The same for a function that makes the module.

    Args:
        make: makes it anew with every call.
        inputs: shapes without the batch.
        written: what it is called; its package is where its own lines are.
    """
    places = PythonLines(written)
    try:
        return _recording(_twice(make, inputs, places, meta=True), written)
    except NotRun as fault:
        if fault.numbers > MAX_NUMBERS:
            raise
        both = _twice(make, inputs, places, meta=False)
        both.remarks[f"it was run on the CPU, as it does not run without numbers: {fault.fact}"] = None
        return _recording(both, written)


def _twice(make: Make, inputs: Inputs, places: PythonLines, *, meta: bool) -> TwoRuns:
    first, second = (run_once(make, inputs, batch, places, meta=meta) for batch in BATCHES)
    return TwoRuns(first, second)


def _recording(both: TwoRuns, written: str) -> Recording:
    first, second = both.first, both.second
    inputs = {name: both.number(node, second.inputs[name]) for name, node in first.inputs.items()}
    calls = both.calls()
    result = both.stated(first.result, second.result)
    macs, fixed = both.cost(first.flops, second.flops)
    module = first.built.module
    return Recording(
        source=written,
        class_name=type(module).__name__,
        inputs=inputs,
        values=both.values(),
        calls=calls,
        result=result,
        modules=dict(_modules(first)),
        tensors=dict(_tensors(module, first.built.tensor_lines)),
        macs=macs,
        fixed_macs=fixed,
        remarks=tuple(both.remarks),
    )


def _modules(seen: RecordedRun) -> "Iterator[tuple[str, HeldModule]]":
    for module, names in seen.entering.names.items():
        layer = seen.entering.layers.get(module)
        kind = type(module)
        held = HeldModule(
            type=layer.type if layer else f"{kind.__module__}.{kind.__qualname__}",
            known=layer is not None,
            attributes={**_attributes(module), **(layer.attributes if layer else {})},
            place=line_place(seen.built.lines.get(module)),
            class_name=kind.__name__,
        )
        for name in names:
            yield name, held if name == names[0] else _owned(held, names[0])


def _owned(held: HeldModule, owner: str) -> HeldModule:
    return HeldModule(held.type, held.known, held.attributes, held.place, owner, held.class_name)


def _attributes(module: nn.Module) -> dict[str, RecordedArgument]:
    pairs = {name: _plain(value) for name, value in vars(module).items() if not name.startswith("_")}
    return {
        name: cast("RecordedArgument", value)
        for name, value in pairs.items()
        if value is not NotImplemented and name != "training"
    }


def _plain(value: object) -> object:
    """A number, a word, a tuple of them, or None; NotImplemented: it is something else."""
    if isinstance(value, Enum):
        return _plain(cast("object", value.value))
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        made = tuple(_plain(each) for each in cast("list[object]", value))
        return NotImplemented if any(each is NotImplemented for each in made) else made
    return NotImplemented


def _tensors(
    module: nn.Module, lines: "Mapping[nn.Module, Mapping[str, SourceLine]]"
) -> "Iterator[tuple[str, HeldTensor]]":
    saved = set(module.state_dict(keep_vars=True))
    owners: dict[object, str] = {}
    for name, tensor, buffer in tensors_of(module):
        if is_lazy(tensor):
            raise Fault(f"{name} is lazy and has no shape after a run")
        owner = owners.setdefault(storage_of(tensor), name)
        yield (
            name,
            HeldTensor(
                tuple(tensor.shape),
                str(tensor.dtype).removeprefix("torch."),
                buffer,
                tensor.requires_grad,
                None if owner == name else owner,
                not buffer or name in saved,
                _place(module, name, lines),
            ),
        )


def _place(
    module: nn.Module, name: str, lines: "Mapping[nn.Module, Mapping[str, SourceLine]]"
) -> Place | None:
    """Where a parameter or buffer of this full name was made its module's."""
    scope, _, own = name.rpartition(".")
    return line_place(lines.get(module.get_submodule(scope), {}).get(own))
