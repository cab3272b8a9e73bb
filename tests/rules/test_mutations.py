"""Shipped specs with one mistake put in: each is found with its code, where it is, and nothing else is.

A mutation replaces one piece of a spec's text, which stands there once or whose first place is meant; the
finding must be on a line that was changed, or on the line that the row names.
"""

from typing import NamedTuple

import pytest

from archcalc import zoo
from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection

DEFAULT = Selection().active()


class Mutation(NamedTuple):
    """A mistake: in ``spec`` the first ``old`` becomes ``new``, and ``code`` is found.

    Args:
        spec: name of the shipped spec.
        old: a piece of its text.
        new: what stands there instead.
        code: of the only finding.
        at: a piece of the line that the finding points at; left out: the first line that has changed.
        more: further replacements that the mistake needs.
    """

    spec: str
    old: str
    new: str
    code: str
    at: str = ""
    more: tuple[tuple[str, str], ...] = ()


STEM = "{type: Conv2d, name: conv1, out_channels: 64, kernel_size: 7, stride: 2, padding: 3, bias: false}"
FC = "  - {type: Linear, name: fc, out_features: =classes}\n"
MUTATIONS = {
    # what cannot be traced
    "a misspelt kind": Mutation("resnet18", "MaxPool2d", "MaxPol2d", "AC001"),
    "a misspelt key": Mutation("resnet50", "stride: 2, padding: 3", "strides: 2, padding: 3", "AC001"),
    "a skip of another width": Mutation("tcn", "body:\n          - {type: CausalConv, name: conv1", "body:\n          - {type: CausalConv, name: conv1", "AC001"),
}
