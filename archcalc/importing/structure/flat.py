"""A program as the data of a spec, layer by layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.errors import Place
from archcalc.importing.program import Read
from archcalc.importing.structure.listing import EntryWriter
from archcalc.importing.structure.naming import Naming
from archcalc.importing.structure.references import Level
from archcalc.importing.structure.scoping import scoped
from archcalc.source import Path

if TYPE_CHECKING:
    from archcalc.facts import Tensor
    from archcalc.importing.program import Program
    from archcalc.importing.structure.items import Item


@dataclass(frozen=True, slots=True)
class Structured:
    """The data of a spec.

    Args:
        data: as ``load`` and the writer take it.
        places: path of an entry -> where in Python it comes from; of a scope, its first layer's.
    """

    data: Mapping[str, object]
    places: Mapping[Path, Place]


def structured(program: "Program", *, readable: bool) -> Structured:
    """A program as the data of a spec.

    Args:
        program: the network.
        readable: for people: blocks, repeats and residuals. Else every layer has an entry of its own.
    """
    del readable
    return written(scoped(program), program)


def written(items: "tuple[Item, ...]", program: "Program") -> Structured:
    """Items as the data of a spec."""
    names = Naming(items, program)
    entries, data = _attempt(items, program, names)
    while names.wanted:
        names.give()
        entries, data = _attempt(items, program, names)
    places = {
        path: place
        for path, number in entries.sources.items()
        if (place := program.steps[number].place) is not None
    }
    return Structured(data, places)


def _attempt(
    items: "tuple[Item, ...]", program: "Program", names: Naming
) -> tuple[EntryWriter, dict[str, object]]:
    entries = EntryWriter(program, names)
    inputs = {names.inputs[name]: (Read(None, name),) for name in program.inputs}
    root = Level(((),), inputs)
    arriving = (next(iter(inputs.values()))[0],)
    layers, end = entries.listed(items, root, arriving, ("layers",))
    data: dict[str, object] = {
        "name": program.name,
        "inputs": {names.inputs[name]: _input(tensor) for name, tensor in program.inputs.items()},
        "layers": layers,
    }
    if program.outputs != end:
        texts = [entries.references.text((read,), root) for read in program.outputs]
        data["outputs"] = texts[0] if len(texts) == 1 else texts
    return entries, data


def _input(tensor: "Tensor") -> object:
    shape = list(tensor.shape)
    return shape if tensor.dtype == "float32" else {"shape": shape, "dtype": tensor.dtype}
