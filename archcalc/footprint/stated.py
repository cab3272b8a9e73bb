"""What layers state of the memory that they take: those that are alike are asked once."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.footprint.storages import Setting
    from archcalc.keeping import Aliasing, Saved
    from archcalc.tracing import TracedLayer

Alike = tuple[int, int]
"""Facts and arguments, which layers that are alike share."""


class Stated:
    """Answers of layers of one network, run in one precision and with one batch.

    Args:
        setting: how it is run.
    """

    __slots__ = ("_kept", "_shared", "alike", "setting")

    def __init__(self, setting: "Setting") -> None:
        self.setting = setting
        self.alike = True
        """The outputs of what was asked so far lie the same in training and at inference."""
        self._kept: dict[Alike, Saved | None] = {}
        self._shared: dict[Alike, Aliasing | None] = {}

    def keeping(self, layer: "TracedLayer") -> "Saved | None":
        """What autograd keeps of a layer on a batch; None: nobody can tell."""
        alike = id(layer.facts), id(layer.arguments)
        if alike not in self._kept:
            found = layer.arguments.keeping(self.setting.read(layer), self.setting.facts(layer))
            self._kept[alike] = None if found is None else found.of_batch(self.setting.batch)
        return self._kept[alike]

    def sharing(self, layer: "TracedLayer") -> "Aliasing | None":
        """How the outputs of a layer lie in the storage of its first input; None: in their own."""
        alike = id(layer.facts), id(layer.arguments)
        if alike not in self._shared:
            training = self.setting.training
            found = self._shared[alike] = layer.arguments.sharing(training=training)
            self.alike &= found is layer.arguments.sharing(training=not training)
        return self._shared[alike]
