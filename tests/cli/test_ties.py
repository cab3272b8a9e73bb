"""The lines on tied weights: they name what shares all of its weights, and nothing around it."""

from typing import TYPE_CHECKING

import pytest

from archcalc import loads, params, trace
from archcalc.render.ties import tie_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = """\
blocks:
  pair:
    args: {tied: null}
    layers:
      - {type: Linear, name: a, out_features: 8, tie: =tied}
      - {type: Linear, name: b, out_features: 8}
inputs: {x: [7, 8], tokens: {shape: [7], dtype: int64}}
layers:
  - {type: pair, name: enc, from: x, repeat: 3}
"""

CASES: "Mapping[str, tuple[str, ...]]" = {
    # One instance of three: neither repeat is named.
    """\
  - type: Sequential
    name: dec
    layers:
      - {type: pair, name: '0'}
      - {type: pair, name: '1', tie: enc.1}
      - {type: pair, name: '2'}
""": ("tied: 4 weights of dec.1 are those of enc.1",),
    # Two of three, each with its own index.
    """\
  - type: Sequential
    name: dec
    layers:
      - {type: pair, name: '0', tie: enc.0}
      - {type: pair, name: '1', tie: enc.1}
      - {type: pair, name: '2'}
""": ("tied: 4 weights each of dec.0-1 are those of enc.0-1",),
    # All of them.
    """\
  - type: Sequential
    name: dec
    layers:
      - {type: pair, name: '0', tie: enc.0}
      - {type: pair, name: '1', tie: enc.1}
      - {type: pair, name: '2', tie: enc.2}
""": ("tied: 12 weights of dec are those of enc",),
    # Crosswise: no index is the own one.
    """\
  - type: Sequential
    name: dec
    layers:
      - {type: pair, name: '0', tie: enc.2}
      - {type: pair, name: '1', tie: enc.0}
""": ("tied: 4 weights of dec.0 are those of enc.2", "tied: 4 weights of dec.1 are those of enc.0"),
    # Several share one, the instance of the same index among them.
    "  - {type: pair, name: dec, repeat: 4, tie: enc.0}\n": (
        "tied: 4 weights each of dec.0-3 are those of enc.0",
    ),
    # A part of every instance.
    "  - {type: pair, name: dec, repeat: 2, tied: enc.0.a}\n": (
        "tied: 2 weights each of dec.0-1.a are those of enc.0.a",
    ),
    # One weight of a layer that has two.
    """\
  - {type: Embedding, name: table, from: tokens, num_embeddings: 9, embedding_dim: 8}
  - {type: Linear, name: head, out_features: 9, tie: table}
""": ("tied: head.weight is table.weight",),
}


@pytest.mark.parametrize(("entries", "lines"), list(CASES.items()))
def test_a_line_names_what_shares_all_of_its_weights(entries: str, lines: tuple[str, ...]) -> None:
    layers = params(trace(loads(HEAD + entries))).layers
    assert tuple(tie_lines(layers)) == lines
