"""The data of a whole spec: inputs, blocks, layers and outputs."""

from typing import TYPE_CHECKING

from archcalc.importing.program import Read
from archcalc.importing.structure.arguments import ABSENT, Arguments, same_value
from archcalc.importing.structure.items import steps_in
from archcalc.importing.structure.listing import EntryWriter, Written, enters
from archcalc.importing.structure.references import Apart, Level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.facts import Tensor
    from archcalc.importing.program import Program
    from archcalc.importing.structure.items import Item, OwnBlock
    from archcalc.importing.structure.naming import Naming
    from archcalc.source import Path


MOST_ARGUMENTS = 7
"""Arguments of a block; scopes that differ in more are different ones."""


class Unwritten(Exception):  # noqa: N818  it ends an attempt and is no error
    """A block whose members need different texts.

    Args:
        block: its name.
    """

    def __init__(self, block: str) -> None:
        super().__init__(block)
        self.block = block


def whole_text(
    items: "tuple[Item, ...]",
    names: "Naming",
    blocks: "Mapping[str, OwnBlock]",
    shipped: "Mapping[str, Written] | None" = None,
) -> "tuple[dict[str, object], Mapping[Path, int]]":
    """The data of a spec, and path of an entry -> number of the step that it comes from.

    Args:
        items: of the network.
        names: what everything is called; operators that are referred to are given names.
        blocks: by their names, each in front of those that it uses.
        shipped: names of the shipped blocks that are used -> their arguments.

    Raises:
        Unwritten: a block has no text.
    """
    for block in blocks.values():
        names.adopt(block.scope.items)
    names.adopt(items)
    given = shipped or {}
    found = _attempt(items, names, blocks, given)
    while names.wanted:
        names.give()
        found = _attempt(items, names, blocks, given)
    return found


def _attempt(
    items: "tuple[Item, ...]",
    names: "Naming",
    blocks: "Mapping[str, OwnBlock]",
    shipped: "Mapping[str, Written]",
) -> "tuple[dict[str, object], Mapping[Path, int]]":
    program = names.program
    texts = _BlockTexts(program, names, blocks, shipped)
    inputs = {names.inputs[name]: (Read(None, name),) for name in program.inputs}
    root = Level(((),), inputs)
    arriving = (next(iter(inputs.values()))[0],)
    writer = EntryWriter(program, names, Arguments(), texts.written, (None,))
    layers, end = writer.listed(items, root, arriving, ("layers",))
    data: dict[str, object] = {
        "name": program.name,
        "inputs": {names.inputs[name]: _input(tensor) for name, tensor in program.inputs.items()},
        **({"blocks": texts.data} if texts.data else {}),
        "layers": layers,
    }
    if program.outputs != end:
        outputs = [writer.references.text((read,), root) for read in program.outputs]
        data["outputs"] = outputs[0] if len(outputs) == 1 else outputs
    return data, {**texts.sources, **writer.sources}


def _input(tensor: "Tensor") -> object:
    shape = list(tensor.shape)
    return shape if tensor.dtype == "float32" else {"shape": shape, "dtype": tensor.dtype}


def _as_written(arguments: Arguments) -> Written:
    optional = {
        key: tuple(
            value is ABSENT or (key in arguments.defaults and same_value(value, arguments.defaults[key]))
            for value in values
        )
        for key, values in arguments.values.items()
    }
    return Written(arguments.values, arguments.defaults, optional)


class _BlockTexts:
    """Blocks as data, each behind those that it uses."""

    def __init__(
        self,
        program: "Program",
        names: "Naming",
        blocks: "Mapping[str, OwnBlock]",
        shipped: "Mapping[str, Written]",
    ) -> None:
        self.program = program
        self.names = names
        self.data: dict[str, object] = {}
        self.written = {**shipped}
        self.sources: dict[Path, int] = {}
        for block in reversed([*blocks.values()]):
            try:
                self._write(block)
            except Apart:
                raise Unwritten(block.name) from None

    def _write(self, block: "OwnBlock") -> None:
        scope, members = block.scope, range(len(block.scope.paths))
        reads = [enters(list(steps_in(scope.items, member)), self.program) for member in members]
        if len({len(own) for own in reads}) != 1:
            raise Apart
        inputs = self._inputs(reads, block)
        first = tuple(own[0] if own else None for own in reads)
        arguments = Arguments(frozenset(inputs))
        level = Level(scope.paths, {"input": first, **inputs})
        writer = EntryWriter(self.program, self.names, arguments, self.written, first)
        layers, _ = writer.listed(scope.items, level, first, ("blocks", block.name, "layers"))
        if len(arguments.values) > MOST_ARGUMENTS:
            raise Apart
        given = {name: arguments.defaults.get(name, "required") for name in arguments.values}
        args = {"args": dict(sorted(given.items(), key=lambda item: item[1] != "required"))} if given else {}
        named = {"inputs": list(inputs)} if len(inputs) > 1 or writer.references.used & set(inputs) else {}
        self.data[block.name] = {**args, **named, "layers": layers}
        self.written[block.name] = _as_written(arguments)
        self.sources |= writer.sources

    def _inputs(
        self, reads: "Sequence[tuple[Read, ...]]", block: "OwnBlock"
    ) -> "Mapping[str, tuple[Read, ...]]":
        """Names for what a block reads: of the first member's layers that make it."""
        taken = {name for path in block.scope.paths for name in self.names.below.get(path, ())} | {"input"}
        found: dict[str, tuple[Read, ...]] = {}
        for index, read in enumerate(reads[0]):
            name = base = self._input_name(read, index)
            number = 1
            while name in taken or name in found:
                number += 1
                name = f"{base}{number}"
            found[name] = tuple(own[index] for own in reads)
        return found

    def _input_name(self, read: Read, index: int) -> str:
        if index == 0:
            return "x"
        if read.step is None:
            return read.output
        ends = self.names.ends.get(read.step, [])
        words = [word for end in ends[:1] for word in reversed(end) if word.isidentifier()]
        return words[0] if words else self.program.steps[read.step].kind.lower()
