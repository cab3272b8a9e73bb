"""Random networks over all kinds: layers with random arguments on what arrives, branches, chains, ties.

The arguments are those of ``tests/kinds/samples``, of which a pool is drawn once a seed; a layer that refuses
what arrives is left out. A seed makes the same networks every time.
"""

from functools import cache
from math import prod
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings
from pydantic import ValidationError

from archcalc.errors import Fault
from archcalc.facts import Tensor
from archcalc.layers.registry import KINDS, kind
from archcalc.tracing.inferring import facts_of
from tests.kinds.drawing import Sample
from tests.kinds.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Facts, Shape

Entry = dict[str, object]
SAMPLES_OF_A_KIND = 24
MAX_NUMBERS = 2_000
"""Numbers of an output: the networks are many, and small."""
MAX_WEIGHTS = 20_000
MAX_INPUTS = 5


class Made(NamedTuple):
    """A layer that accepts what it reads."""

    entry: Entry
    facts: "Facts"


class Source(NamedTuple):
    """An output that later layers may read."""

    name: str
    tensor: Tensor


@cache
def pool(start: int) -> "Mapping[str, tuple[Sample, ...]]":
    """Random samples of every kind, the same for the same seed."""
    return {name: _drawn(name, start) for name in KINDS}


def _drawn(name: str, start: int) -> tuple[Sample, ...]:
    found: list[Sample] = []

    @seed(start)
    @settings(
        max_examples=SAMPLES_OF_A_KIND,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
    )
    @given(sample=SAMPLES[name])
    def draw(sample: Sample) -> None:
        found.append(sample)

    draw()
    return tuple(found)


def plain(value: object) -> object:
    """A value as YAML would give it."""
    return list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # of anything


class Growing:
    """A network that grows by layers, chains and second uses.

    Args:
        samples: arguments of every kind.
        random: what decides.
    """

    def __init__(self, samples: "Mapping[str, tuple[Sample, ...]]", random: Random) -> None:
        self.samples, self.random = samples, random
        self.names = list(samples)
        self.inputs: dict[str, Entry] = {}
        self.blocks: dict[str, Entry] = {}
        self.rows: list[Entry] = []
        self.sources: list[Source] = []
        self.weighted: list[Made] = []

    def spec(self, steps: int) -> dict[str, object]:
        """A spec of about so many layers or chains."""
        while len(self.rows) < steps:
            self.random.choice((self.layer, self.layer, self.layer, self.layer, self.chain, self.again))()
        read = {str(name) for row in self.rows for name in _names(row.get("from", []))}
        outputs = [source.name for source in self.sources if source.name not in {*read, *self.inputs}]
        return {
            "inputs": self.inputs or {"x": {"shape": [1]}},
            **({"blocks": self.blocks} if self.blocks else {}),
            "layers": self.rows,
            "outputs": outputs,
        }

    def layer(self) -> None:
        """One layer on earlier outputs, or on new inputs."""
        name = self.random.choice(self.names)
        sample = self.random.choice(self.samples[name])
        before = dict(self.inputs)
        sources = [self._source(*arriving) for arriving in sample.arriving]
        made = _made(name, sample, [source.tensor for source in sources])
        if made is None:
            self.inputs = before
            return
        own = f"l{len(self.rows)}"
        reads = {"from": [source.name for source in sources]} if sources else {}
        entry = {"type": name, "name": own, **reads, **made.entry}
        self.sources += [source for source in sources if source not in self.sources]
        self._added(Made(entry, made.facts))

    def again(self) -> None:
        """A second use of an earlier layer with weights: it shares them."""
        if self.weighted:
            entry, facts = self.random.choice(self.weighted)
            more = {"name": f"l{len(self.rows)}", "tie": entry["name"]}
            self._added(Made({**entry, **more}, facts))

    def _added(self, made: Made) -> None:
        own = str(made.entry["name"])
        self._put(made.entry)
        if made.facts.weights and "tie" not in made.entry:
            self.weighted.append(made)
        for index, (output, tensor) in enumerate(made.facts.outputs.items()):
            self.sources.append(Source(f"{own}.{output}" if index else own, tensor))

    def chain(self) -> None:
        """Layers in a row: in a container, in a block that is used twice, repeated, or round a shortcut."""
        if not self.sources:
            return
        source = self.random.choice(self.sources)
        rows, tensor = self._in_a_row(source.tensor)
        if not rows:
            return
        same = tensor == source.tensor
        form = self.random.choice(("Sequential", "block", *(("repeat", "Residual") if same else ())))
        own = f"l{len(self.rows)}"
        entry: Entry = {"type": "Sequential", "name": own, "from": source.name, "layers": rows}
        if form == "repeat":
            entry["repeat"] = self.random.randint(1, 3)
        if form == "Residual" and tensor.is_float:
            entry = {"type": "Residual", "name": own, "from": source.name, "body": rows}
        if form == "block":
            block = f"Block{len(self.blocks)}"
            self.blocks[block] = {"layers": rows}
            entry = {"type": block, "name": own, "from": source.name}
            if self.random.random() < 0.5:
                self._put(entry)
                self.sources.append(Source(own, tensor))
                entry = {**entry, "name": f"l{len(self.rows)}"}
        self._put(entry)
        self.sources.append(Source(str(entry["name"]), tensor))

    def _in_a_row(self, tensor: Tensor) -> tuple[list[Entry], Tensor]:
        rows: list[Entry] = []
        for _ in range(6):
            name = self.random.choice(self.names)
            sample = self.random.choice(self.samples[name])
            made = _made(name, sample, [tensor]) if len(sample.shapes) == 1 else None
            if made is not None and len(made.facts.outputs) == 1:
                rows.append({"type": name, "name": f"a{len(rows)}", **made.entry})
                (tensor,) = made.facts.outputs.values()
            if len(rows) == 3:
                break
        return rows, tensor

    def _source(self, shape: "Shape", dtype: str) -> Source:
        """An earlier output like what a sample reads, mostly; else a new input."""
        like = [
            source
            for source in self.sources
            if len(source.tensor.shape) == len(shape) and source.tensor.dtype == dtype
        ]
        same = [source for source in like if source.tensor.shape == shape]
        if like and (len(self.inputs) >= MAX_INPUTS or self.random.random() < 0.85):
            return self.random.choice(same or like)
        name = f"x{len(self.inputs)}"
        self.inputs[name] = {"shape": list(shape), "dtype": dtype}
        return Source(name, Tensor(shape, dtype))

    def _put(self, entry: Entry) -> None:
        frozen = {"frozen": True} if self.random.random() < 0.1 else {}
        self.rows.append({**entry, **frozen})


def _names(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # of names


def _made(name: str, sample: Sample, tensors: list[Tensor]) -> Made | None:
    """The layer on these tensors; None where it refuses them or is too large."""
    try:
        facts = facts_of(kind(name).model_validate(sample.arguments), tuple(tensors))
    except (ValidationError, Fault):
        return None
    numbers = max(prod(tensor.shape) for tensor in facts.outputs.values())
    weights = sum(prod(shape) for shape in facts.weights.values())
    if numbers > MAX_NUMBERS or weights > MAX_WEIGHTS:
        return None
    entry = {key: plain(value) for key, value in sample.arguments.items()}
    return Made(entry, facts)


def network(start: int, index: int) -> dict[str, object]:
    """The network of this number of a seed."""
    random = Random(f"{start}, {index}")  # noqa: S311  reproducible
    return Growing(pool(start), random).spec(random.randint(1, 5))
