"""Design rules: one file each, with its reason, its source and its examples; ``registry`` lists them.

A rule reads a ``Context`` and yields findings. Everything around that (which rules run, what is suppressed,
fixes, output, the rule's page, its tests) is derived from the rule's record and its examples.
"""

from archcalc.rules.base import Bad, Finding, Findings, RemoveEntry, Rule, SetKey
from archcalc.rules.context import Context
from archcalc.rules.placing import at, at_spec
from archcalc.tracing import Port, TracedLayer

__all__ = ["Bad", "Context", "Finding", "Findings", "Port", "RemoveEntry", "Rule", "SetKey"]
__all__ += ["TracedLayer", "at", "at_spec"]
