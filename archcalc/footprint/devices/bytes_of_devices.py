"""The bytes of every stage of a pipeline, on one of the devices that run it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.effort import one_by_one
from archcalc.errors import Fault
from archcalc.footprint.budget import Amount, inference_memory
from archcalc.footprint.cache import cache_bytes, decode_cache
from archcalc.footprint.devices.division import Division, divide
from archcalc.footprint.devices.part_of_network import part_of_network
from archcalc.footprint.devices.stages import stages
from archcalc.footprint.optimizers import OPTIMIZERS
from archcalc.footprint.sharing import DeviceShare
from archcalc.footprint.training import training_memory
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.footprint.budget import MemoryReport
    from archcalc.footprint.cache import CachedLayer, CacheSetting
    from archcalc.footprint.devices.placement import Placement
    from archcalc.footprint.storages import Setting
    from archcalc.footprint.training import TrainingRun
    from archcalc.tracing import Trace


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline on one device.

    Args:
        first: name of its first layer.
        last: name of its last layer.
        layers: how many it has.
        flights: batches whose activations are there at once.
        memory: its bytes.
        cache: what a decoder keeps of one sequence for its attention layers.
    """

    first: str
    last: str
    layers: int
    flights: int
    memory: "MemoryReport"
    cache: "tuple[CachedLayer, ...]" = ()


@dataclass(frozen=True, slots=True)
class DevicesReport:
    """What each device holds.

    Args:
        placement: the devices.
        stages: one per stage of the pipeline; all devices of a stage hold as much.
        whole: layer with weights that tensor- or expert-parallel devices all hold whole -> why.
    """

    placement: "Placement"
    stages: tuple[Stage, ...]
    whole: "Mapping[str, str]"

    @property
    def worst(self) -> int:
        """Number of the stage that needs most, from 0."""
        peaks = [stage.memory.peak.bytes for stage in self.stages]
        return peaks.index(max(peaks))


def devices_memory(
    trace: "Trace",
    setting: "Setting",
    training: "TrainingRun | None",
    placement: "Placement",
    cache: "CacheSetting | None" = None,
) -> DevicesReport:
    """Spread a network over devices.

    Args:
        trace: the network.
        setting: how one device runs it: the batch is that of a device.
        training: how it is trained; None: it is not.
        placement: the devices.
        cache: of a decoder that is run, what it keeps between steps.

    Raises:
        Fault: too few layers for the stages; the optimizer's states cannot be divided; there is no cache.
        SpecError: there are too many layers to divide them one by one.
    """
    check_states(training, placement)
    if placement.divides_layers or placement.pp > 1:
        one_by_one(trace, "a division over devices")
    division = divide(trace, placement) if placement.divides_layers else Division()
    heads = {name: parts[1] for name, parts in division.heads.items() if len(parts) > 1}
    kept = decode_cache(trace, cache, heads) if cache else ()
    part = part_of_network(trace, division, placement) if placement.divides_layers else trace
    parts = stages(part, placement.pp)
    found: list[Stage] = []
    for index, stage in enumerate(parts):
        flights = min(placement.pp - index, training.accumulate) if training else 1
        share = DeviceShare(
            *(placement.zero, placement.dp, placement.dp // placement.ep, frozenset(division.experts)),
            flights=flights,
            entering=frozenset(name for name in stage.inputs if name not in trace.inputs),
        )
        judging = training if training is None or index == len(parts) - 1 else replace(training, loss="")
        found.append(_stage(stage, setting, judging, share, _cached(stage, kept, cache)))
    return DevicesReport(placement, tuple(found), division.whole)


def check_states(training: "TrainingRun | None", placement: "Placement") -> None:
    """Refuse to divide states that stand in rows and columns.

    Raises:
        Fault: the optimizer keeps such states.
    """
    if training and placement.zero and not OPTIMIZERS[training.optimizer].number_by_number:
        fact = f"states of {training.optimizer} are of rows and columns, which ZeRO does not divide"
        raise Fault(fact, hint="another optimizer, or no zero")


class _Kept(NamedTuple):
    """The cache of a stage: its layers, and how it is kept."""

    layers: "tuple[CachedLayer, ...]"
    setting: "CacheSetting"


def _cached(stage: "Trace", kept: "tuple[CachedLayer, ...]", cache: "CacheSetting | None") -> _Kept | None:
    if cache is None:
        return None
    names = {layer.name for layer in stage.layers}
    return _Kept(tuple(each for each in kept if each.layer in names), cache)


def _stage(
    stage: "Trace",
    setting: "Setting",
    training: "TrainingRun | None",
    share: DeviceShare,
    kept: _Kept | None,
) -> Stage:
    if training is None:
        memory = inference_memory(stage, setting, share, _amount(kept, setting.batch))
    else:
        if training.checkpoints:
            one_by_one(stage, "what training keeps")  # as it would be told behind the look at each of them
        inside = tuple(name for name in training.checkpoints if stage.holds(name))
        memory = training_memory(stage, setting, replace(training, checkpoints=inside), share)
    first, last = (stage.layers[0].name, stage.layers[-1].name) if stage.layers else ("", "")
    own = kept.layers if kept else ()
    return Stage(first, last, len(stage.layers), share.flights, memory, own)


def _amount(kept: _Kept | None, batch: int) -> Amount | None:
    """The cache of all sequences of a batch."""
    if kept is None:
        return None
    numbers = batch * sum(layer.numbers * layer.positions for layer in kept.layers)
    cache = kept.setting
    pages = f", pages of {cache.page:,}" if cache.page > 1 else ""
    note = f"{cache.context:,} tokens in {cache.dtype}{pages}"
    return Amount("decode cache", cache_bytes(numbers, cache.dtype), note)
