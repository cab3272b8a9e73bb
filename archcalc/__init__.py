"""archcalc: shapes, parameters, receptive fields and dilation coverage of networks written as a YAML spec.

>>> import archcalc
>>> network = archcalc.trace(archcalc.load("resnet18"))
>>> archcalc.params(network).params
11689512
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.analyses.coverage import coverage
    from archcalc.analyses.dilation import check_rates, dilation_groups
    from archcalc.analyses.receptive_field import receptive_fields
    from archcalc.errors import Fault, SpecError
    from archcalc.json_document import document
    from archcalc.loading import Model, load, loads
    from archcalc.python.checking import check
    from archcalc.python.comparing import compare, diff
    from archcalc.python.counting import conventions, macs
    from archcalc.python.decoding import decode
    from archcalc.python.explaining import explain
    from archcalc.python.fields import rf
    from archcalc.python.memory import memory
    from archcalc.python.networks import attention, params, shapes, summary
    from archcalc.python.signalling import signal
    from archcalc.python.solving import input_sizes, solve, solve_layer, symbolic_formulas
    from archcalc.python.sweeping import sweep
    from archcalc.tracing import Trace, trace

__version__ = "0.1.0"
__all__ = [
    "Fault",
    "Model",
    "SpecError",
    "Trace",
    "attention",
    "check",
    "check_rates",
    "compare",
    "conventions",
    "coverage",
    "decode",
    "diff",
    "dilation_groups",
    "document",
    "explain",
    "input_sizes",
    "load",
    "loads",
    "macs",
    "memory",
    "params",
    "receptive_fields",
    "rf",
    "shapes",
    "signal",
    "solve",
    "solve_layer",
    "summary",
    "sweep",
    "symbolic_formulas",
    "trace",
]

_HOMES = {
    "Fault": "errors",
    "Model": "loading",
    "SpecError": "errors",
    "Trace": "tracing",
    "attention": "python.networks",
    "check": "python.checking",
    "check_rates": "analyses.dilation",
    "compare": "python.comparing",
    "conventions": "python.counting",
    "coverage": "analyses.coverage",
    "decode": "python.decoding",
    "diff": "python.comparing",
    "dilation_groups": "analyses.dilation",
    "document": "json_document",
    "explain": "python.explaining",
    "input_sizes": "python.solving",
    "load": "loading",
    "loads": "loading",
    "macs": "python.counting",
    "memory": "python.memory",
    "params": "python.networks",
    "receptive_fields": "analyses.receptive_field",
    "rf": "python.fields",
    "shapes": "python.networks",
    "signal": "python.signalling",
    "solve": "python.solving",
    "solve_layer": "python.solving",
    "summary": "python.networks",
    "sweep": "python.sweeping",
    "symbolic_formulas": "python.solving",
    "trace": "tracing",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that ``import archcalc`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'archcalc' has no attribute {name!r}")
    value: object = getattr(import_module(f"archcalc.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
