"""All conventions by name."""

from typing import TYPE_CHECKING

from archcalc.counting.conventions.calflops import CALFLOPS
from archcalc.counting.conventions.darknet import DARKNET
from archcalc.counting.conventions.flop_counter import FLOP_COUNTER, NO_GRAD
from archcalc.counting.conventions.fvcore import FVCORE
from archcalc.counting.conventions.keras import KERAS
from archcalc.counting.conventions.op_counter import OP_COUNTER
from archcalc.counting.conventions.ptflops import PTFLOPS, PTFLOPS_ATEN
from archcalc.counting.conventions.read_off import ONNX_TOOL, TORCHLENS
from archcalc.counting.conventions.thop import THOP, ULTRALYTICS
from archcalc.counting.conventions.torchinfo import TORCHINFO
from archcalc.errors import Fault, nearest

if TYPE_CHECKING:
    from archcalc.counting.conventions.convention import Convention

CONVENTIONS = {
    convention.name: convention
    for convention in (
        TORCHINFO,
        THOP,
        OP_COUNTER,
        PTFLOPS,
        PTFLOPS_ATEN,
        FVCORE,
        CALFLOPS,
        FLOP_COUNTER,
        NO_GRAD,
        TORCHLENS,
        ONNX_TOOL,
        KERAS,
        ULTRALYTICS,
        DARKNET,
    )
}
"""Name -> convention, in the order in which they are compared."""


def conventions_named(name: str | None) -> "list[Convention]":
    """The convention of this name; None: all of them.

    Raises:
        Fault: there is none.
    """
    if name is None:
        return list(CONVENTIONS.values())
    if name not in CONVENTIONS:
        raise Fault(f"no convention {name!r}", hint=nearest(name, CONVENTIONS))
    return [CONVENTIONS[name]]
