"""The words in which a rule is written: what it reads, what it yields, and the record that it is."""

from archcalc.rules.base import Bad, Finding, Findings, RemoveEntry, Rule, SetKey
from archcalc.rules.context import Context
from archcalc.rules.placing import at, at_spec
from archcalc.tracing import Port, TracedLayer

__all__ = ["Bad", "Context", "Finding", "Findings", "Port", "RemoveEntry", "Rule", "SetKey"]
__all__ += ["TracedLayer", "at", "at_spec"]
