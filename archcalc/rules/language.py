"""The words in which a rule is written: what it reads, what it yields, and the record that it is."""

from archcalc.cures.changes import (
    Cure,
    DropKey,
    Insert,
    RemoveEntry,
    RenameKey,
    Replace,
    SetKey,
    SetValue,
    Wrap,
)
from archcalc.rules.base import Bad, Finding, Findings, Rule
from archcalc.rules.context import Context
from archcalc.rules.placing import at, at_spec
from archcalc.tracing import Port, TracedLayer

__all__ = ["Bad", "Context", "Cure", "DropKey", "Finding", "Findings", "Insert", "Port", "RemoveEntry"]
__all__ += ["RenameKey", "Replace", "Rule", "SetKey", "SetValue", "TracedLayer", "Wrap", "at", "at_spec"]
