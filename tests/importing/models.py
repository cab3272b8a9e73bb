"""Real models by their row in ``models.csv``: how they are built, what they read, and what is known of them.

The columns ``params``, ``buffers`` and ``macs`` were counted by torch, by its FlopCounterMode on meta
tensors, as (FLOPs of 3 samples - FLOPs of 2) / 2.
"""

from csv import DictReader
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from archcalc.bridge.recording import record
from archcalc.importing.recording import Recording
from tests.importing import timm_models, torchvision_models, transformers_models

if TYPE_CHECKING:
    from torch import nn

    from archcalc.bridge.recording.inputs import Inputs

HOMES = {"tv": torchvision_models, "timm": timm_models, "hf": transformers_models}


@dataclass(frozen=True, slots=True)
class Row:
    """A model.

    Args:
        model: ``tv/resnet50``.
        params: numbers in its parameters, each counted once.
        buffers: numbers in its buffers.
        macs: of one sample.
        lacks: what the vocabulary lacked for it, before it was extended.
    """

    model: str
    params: int
    buffers: int
    macs: int
    lacks: str


@cache
def rows() -> dict[str, Row]:
    """All models by name."""
    with Path(__file__).with_name("models.csv").open(encoding="utf-8") as file:
        found = [
            Row(row["model"], int(row["params"]), int(row["buffers"]), int(row["macs"]), row["lacks"])
            for row in DictReader(file)
        ]
    return {row.model: row for row in found}


def made(name: str) -> "nn.Module":
    """The model of a row."""
    home, _, rest = name.partition("/")
    return cast("nn.Module", HOMES[home].made(rest))


def inputs(name: str) -> "Inputs":
    """What the model of a row reads."""
    home, _, rest = name.partition("/")
    return cast("Inputs", HOMES[home].inputs(rest))


def recorded(name: str) -> Recording:
    """The record of a row's model."""
    return record("tests.importing.models:made", {"name": name}, inputs(name))
