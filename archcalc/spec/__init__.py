"""The spec language: what a file may hold, before any expression is evaluated or any shape is known."""

from archcalc.spec.blocks import Block
from archcalc.spec.goals import Custom
from archcalc.spec.layers import (
    COMMON_KEYS,
    CONTAINERS,
    Branches,
    LayerSpec,
    Residual,
    Scan,
    ScanState,
    Sequential,
    Vmap,
    within,
)
from archcalc.spec.limits import Budgets, Limits
from archcalc.spec.network import InputSpec, Spec, Training

__all__ = [
    "COMMON_KEYS",
    "CONTAINERS",
    "Block",
    "Branches",
    "Budgets",
    "Custom",
    "InputSpec",
    "LayerSpec",
    "Limits",
    "Residual",
    "Scan",
    "ScanState",
    "Sequential",
    "Spec",
    "Training",
    "Vmap",
    "within",
]
