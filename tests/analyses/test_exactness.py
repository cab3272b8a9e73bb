"""A field is exact where a kind says exactly what its units read, for every kind and random arguments."""

import pytest
from hypothesis import given, settings

from archcalc import loads, receptive_fields, trace
from archcalc.errors import SpecError
from archcalc.facts import NOTHING, UNSAID, Neighbours, Phased, Reads
from archcalc.layers.registry import KINDS
from tests.kinds.drawing import Sample
from tests.kinds.samples import SAMPLES
from tests.kinds.test_contract import written


def leaves_empty(reads: Reads) -> bool:
    """Whether some units read nothing at all of an input."""
    return any(isinstance(read.reach, Phased) and not all(read.reach.phases) for read in reads)


@pytest.mark.parametrize("name", KINDS)
def test_a_field_is_exact_where_the_read_is(name: str) -> None:
    """Not where an output reads a part of what is stated, or another input instead."""

    @given(sample=SAMPLES[name])
    @settings(max_examples=25, deadline=None, print_blob=True)
    def look(sample: Sample) -> None:
        try:
            traced = trace(loads(written(name, sample)))
        except SpecError:
            return
        (layer,) = traced.layers
        fields = {field.input: field for field in receptive_fields(traced).layers.get("layer", ())}
        for port, reads in zip(layer.inputs, layer.facts.reads, strict=True):
            for axis in fields[port.layer].axes if port.layer in fields else ():
                read = reads[axis.axis]
                part = read.sampled and not read.divided
                some = part or read.border == "absent" or leaves_empty(reads)
                assert axis.exact is not some or read.reach in (NOTHING, UNSAID, Neighbours())

    look()
