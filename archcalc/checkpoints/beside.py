"""A spec beside the header of a checkpoint: names, shapes, ties, and bytes by dtype."""

import re
from collections import Counter
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.checkpoints.ggml import NAMES
from archcalc.checkpoints.opening import checkpoint_of
from archcalc.checkpoints.stored import most_beside
from archcalc.matching.comparing import check_maps, compare_tensors, notes_on
from archcalc.matching.comparison import BUFFERS, BYTES, Gathering, StoredAs
from archcalc.matching.pairing import paired
from archcalc.matching.tensors import OtherTensor, last_part, spec_tensors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.checkpoints.stored import Checkpoint, StoredTensor
    from archcalc.matching.comparison import SideBySide
    from archcalc.matching.maps import NameMap
    from archcalc.matching.pairing import Pairing
    from archcalc.matching.tensors import SpecTensor
    from archcalc.tracing import Trace

SIDE = "the checkpoint"
GGUF, TORCH = "GGUF", "torch"
REMNANTS = re.compile(
    r"(^|\.)(attn\.masked_bias|attn\.bias|rotary_emb\.inv_freq|position_ids|rope_freqs\.weight"
    r"|rope_factors_(long|short)\.weight)$"
)
"""Tables that follow from the sizes, which older versions of transformers, and llama.cpp, store."""
MASK_AXES = 4
"""Axes of a causal mask, the ``attn.bias`` of GPT-2, which a real bias does not have."""


def beside_checkpoint(trace: "Trace", written: str, maps: "Sequence[NameMap]" = ()) -> "SideBySide":
    """Compare a network with the tensors that a file says it holds.

    Args:
        trace: the network.
        written: the file, or the index of several.
        maps: names of the file and what they are in the spec.

    Raises:
        Fault: it cannot be read, or a map is about nothing in it.
    """
    ours = list(spec_tensors(trace))
    # A file may have a tensor for each expert, where the spec has one for all of them.
    single = sum(getattr(each.layer.arguments, "num_experts", 1) for each in ours)
    checkpoint = checkpoint_of(written, most_beside(single))
    stored = {each.name: each for each in _ordered(checkpoint)}
    theirs = [OtherTensor(name, each.shape) for name, each in stored.items()]
    check_maps(maps, stored, SIDE)
    ordered = checkpoint.form == TORCH
    if checkpoint.form == GGUF:
        maps = (*maps, *NAMES)
    found = paired(ours, theirs, maps, ordered=ordered)
    gathering = Gathering(trace, SIDE)
    found = _without_tables(found, stored, gathering)
    found = compare_tensors(found, theirs if ordered else found.unexpected, gathering)
    rows = tuple(_by_dtype(found, stored))
    for row in rows:
        gathering.compare_whole(BYTES, f"bytes in {row.dtype}", row.spec_bytes, row.bytes)
    several = f", {checkpoint.files} files" if checkpoint.files > 1 else ""
    notes = (*checkpoint.notes, *notes_on(found, SIDE), *_left_over(found), *_twice(found, stored))
    return gathering.comparison(f"{written} ({checkpoint.form}{several})", notes, rows)


def _ordered(checkpoint: "Checkpoint") -> "Sequence[StoredTensor]":
    """In the order of the file, or where that is not one of execution, by name with numbers as numbers."""
    if checkpoint.form == TORCH:
        return checkpoint.tensors
    return sorted(checkpoint.tensors, key=lambda each: _natural(each.name))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10: digits by how many there are, then as text."""
    parts = re.split(r"(\d+)", name)
    return [(len(part.lstrip("0")) if index % 2 else 0, part) for index, part in enumerate(parts)]


def _without_tables(found: "Pairing", stored: "dict[str, StoredTensor]", gathering: Gathering) -> "Pairing":
    """The pairing without what need not be on one of the sides, which is told."""
    known = {stored[pair.theirs.name].shares or pair.theirs.name for pair in found.pairs}
    passed: dict[str, str] = {}
    for each in found.unexpected:
        if _is_table(each):
            passed[each.name] = "a table that follows from the sizes, no parameter"
        elif (stored[each.name].shares or each.name) in known:
            passed[each.name] = "another name of a tensor that the spec has"
    there = {last_part(pair.ours.own) for pair in found.pairs}
    for tensor in found.missing:
        if tensor.buffer and last_part(tensor.own) not in there:
            passed[tensor.name] = "the file has no buffer of this name in any layer"
    for name, why in passed.items():
        gathering.skip(BUFFERS, name, why)
    return replace(
        found,
        missing=tuple(each for each in found.missing if each.name not in passed),
        unexpected=tuple(each for each in found.unexpected if each.name not in passed),
    )


def _is_table(tensor: OtherTensor) -> bool:
    mask = tensor.name.endswith("attn.bias")
    return REMNANTS.search(tensor.name) is not None and (not mask or len(tensor.shape) == MASK_AXES)


def _by_dtype(found: "Pairing", stored: "dict[str, StoredTensor]") -> "Iterator[StoredAs]":
    """What the file has in each dtype, and what the tensors of the spec that are stored so take in it."""
    ours = {pair.theirs.name: pair.ours for pair in found.pairs}
    passed = stored.keys() - ours.keys() - {each.name for each in found.unexpected}
    groups: dict[str, list[StoredTensor]] = {}
    for each in stored.values():
        if each.name not in passed and not each.shares:
            groups.setdefault(each.dtype.name, []).append(each)
    for dtype, tensors in groups.items():
        spec = [prod(ours[each.name].shape) for each in tensors if each.name in ours]
        yield StoredAs(
            dtype,
            len(tensors),
            sum(prod(each.shape) for each in tensors),
            sum(each.bytes for each in tensors),
            sum(spec),
            sum(tensors[0].dtype.bytes(numbers) for numbers in spec),
        )


def _left_over(found: "Pairing") -> "Iterator[str]":
    missing = Counter(_kind(each) for each in found.missing)
    for kind, count in missing.items():
        numbers = sum(prod(each.shape) for each in found.missing if _kind(each) == kind)
        yield f"not in the file: {count:,} {kind} of the spec, {numbers:,} numbers"


def _twice(found: "Pairing", stored: "dict[str, StoredTensor]") -> "Iterator[str]":
    """Tensors that are one in the spec, and two in the file."""
    there = {pair.ours.name for pair in found.pairs}
    for pair in found.pairs:
        each = stored[pair.theirs.name]
        if pair.ours.owner in there and not each.shares:
            taken = f"takes {each.bytes:,} bytes of its own"
            yield f"{each.name} shares {pair.ours.owner} in the spec, and {taken}"


def _kind(tensor: "SpecTensor") -> str:
    return "buffers" if tensor.buffer else "parameters"
