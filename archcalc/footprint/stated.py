"""What layers state of the memory that they take: those that are alike are asked once."""

from typing import TYPE_CHECKING

from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.facts import Shape
    from archcalc.footprint.storages import Setting
    from archcalc.keeping import Aliasing, Saved
    from archcalc.tracing import TracedLayer

Alike = tuple[int, int]
"""Facts and arguments, which layers that are alike share."""


class BatchOutput(NamedTuple):
    """An output of a layer: its name, its sizes with the batch, and its bytes."""

    name: str
    shape: "Shape"
    bytes: int


class Stated:
    """Answers of layers of one network, run in one precision and with one batch.

    Args:
        setting: how it is run.
    """

    __slots__ = ("_kept", "_made", "_shared", "alike", "setting")

    def __init__(self, setting: "Setting") -> None:
        self.setting = setting
        self.alike = True
        """The outputs of what was asked so far lie the same in training and at inference."""
        self._made: dict[int, tuple[BatchOutput, ...]] = {}
        self._kept: dict[Alike, Saved | None] = {}
        self._shared: dict[Alike, tuple[Aliasing | None, Aliasing | None]] = {}

    def made(self, layer: "TracedLayer") -> "tuple[BatchOutput, ...]":
        """The outputs of a layer on a batch."""
        alike = id(layer.facts)
        found = self._made.get(alike)
        if found is None:
            setting, outputs = self.setting, layer.facts.outputs.items()
            found = self._made[alike] = tuple(
                [BatchOutput(name, setting.shape(tensor), setting.bytes(tensor)) for name, tensor in outputs]
            )
        return found

    def keeping(self, layer: "TracedLayer") -> "Saved | None":
        """What autograd keeps of a layer on a batch; None: nobody can tell."""
        alike = id(layer.facts), id(layer.arguments)
        if alike not in self._kept:
            found = layer.arguments.keeping(self.setting.read(layer), self.setting.facts(layer))
            self._kept[alike] = None if found is None else found.of_batch(self.setting.batch)
        return self._kept[alike]

    def sharing(self, layer: "TracedLayer", *, training: bool) -> "Aliasing | None":
        """How the outputs of a layer lie in the storage of its first input; None: in their own."""
        alike = id(layer.facts), id(layer.arguments)
        found = self._shared.get(alike)
        if found is None:
            share = layer.arguments.sharing
            found = self._shared[alike] = share(training=False), share(training=True)
            self.alike &= found[0] is found[1]
        return found[training]
