"""The trace: one walk in execution order from a spec to primitive layers with their facts."""

from archcalc.tracing.graph import Trace
from archcalc.tracing.records import Port, TracedLayer
from archcalc.tracing.walk import trace

__all__ = ["Port", "Trace", "TracedLayer", "trace"]
