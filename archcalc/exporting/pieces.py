"""What an exported file has written in it: definitions that are read as text, never imported."""

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER = Path(__file__).parent.parent / "bridge" / "written"
DEFINED = (
    "parted scanned "
    "Conv1D FeatureScale ChannelScale DropPath crop quick_gelu drawn random_subset with_mask_tokens "
    "ConvolutionalCell ConvolutionalLSTM with_states with_one_bias lstm bags on_graphs as_heads attend "
    "visible score_mask attend_masked multihead_mask GroupedAttention LatentAttention with_sinusoids rotary "
    "alibi BucketedBias ExpertRouter GatedExperts delta_rule GatedDelta"
)
PIECES = frozenset(DEFINED.split())
"""Names of the definitions."""


@cache
def pieces() -> "Mapping[str, str]":
    """Name -> source, in the order in which they may stand in a file."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found[node.name] = ast.get_source_segment(source, node) or ""
    return found


def names_of(code: str) -> set[str]:
    """Every name that code uses."""
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


def needed(code: str) -> "Iterable[str]":
    """The sources of the definitions that code uses, and of those that they use."""
    known = pieces()
    wanted: set[str] = set()
    waiting = names_of(code) & set(known)
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting |= (names_of(known[name]) & set(known)) - wanted
    return [source for name, source in known.items() if name in wanted]
