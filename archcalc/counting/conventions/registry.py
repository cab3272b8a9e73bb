"""All conventions by name."""

from archcalc.counting.conventions.calflops import CALFLOPS
from archcalc.counting.conventions.darknet import DARKNET
from archcalc.counting.conventions.flop_counter import FLOP_COUNTER, NO_GRAD
from archcalc.counting.conventions.fvcore import FVCORE
from archcalc.counting.conventions.keras import KERAS
from archcalc.counting.conventions.ptflops import PTFLOPS, PTFLOPS_ATEN
from archcalc.counting.conventions.thop import THOP, ULTRALYTICS
from archcalc.counting.conventions.torchinfo import TORCHINFO

CONVENTIONS = {
    convention.name: convention
    for convention in (
        TORCHINFO,
        THOP,
        PTFLOPS,
        PTFLOPS_ATEN,
        FVCORE,
        CALFLOPS,
        FLOP_COUNTER,
        NO_GRAD,
        KERAS,
        ULTRALYTICS,
        DARKNET,
    )
}
"""Name -> convention, in the order in which they are compared."""
