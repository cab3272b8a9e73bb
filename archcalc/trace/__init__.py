"""The trace: one walk in execution order from a spec to primitive layers with their facts."""

from archcalc.trace.records import Port, Trace, TracedLayer
from archcalc.trace.walk import trace

__all__ = ["Port", "Trace", "TracedLayer", "trace"]
