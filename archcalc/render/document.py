"""The JSON document: the same from every command, with integers exact and shapes without the batch."""

from typing import TYPE_CHECKING, TypedDict

from archcalc.analyses.parameters import params
from archcalc.analyses.receptive_field import receptive_fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from archcalc.analyses.dilation import DilationCheck, DilationGroup
    from archcalc.analyses.receptive_field import Field
    from archcalc.trace import Trace, TracedLayer

SCHEMA_VERSION = 1
Json = dict[str, object]
