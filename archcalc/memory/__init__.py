"""Bytes of a network: what it holds, what is alive at once, what training keeps and adds.

Python gives the name ``archcalc.memory`` to this room once it is imported, so calling the room is calling the
function of that name.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.python.memory import MemoryOfNetwork


class _Room(ModuleType):
    def __call__(self, *network: object, **asked: object) -> "MemoryOfNetwork":
        from archcalc.python.memory import memory

        return memory(*network, **asked)  # type: ignore[arg-type]  # handed on as they are


sys.modules[__name__].__class__ = _Room
