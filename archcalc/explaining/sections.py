"""The numbers of one layer, section by section, in the order of its facts."""

from dataclasses import fields, replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.analyses.compute import MacsReport
from archcalc.explaining.adding import added_up
from archcalc.explaining.deriving import NamedNumbers
from archcalc.explaining.records import Explained
from archcalc.footprint.bytes import tensor_bytes
from archcalc.records import dataclass
from archcalc.sizes.size import plain
from archcalc.work import operations_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archcalc.facts import Facts, Shape, Tensor
    from archcalc.keeping import Saved
    from archcalc.work import Sort

    Section = Callable[["AskedFacts"], Iterator[Explained]]


OTHER_WORK: "tuple[Sort, ...]" = ("elementwise", "reduction", "gather", "move")
"""What a layer does beside the products of the linear algebra."""
OF_NO_PART = "rest"
"""What belongs to no part of a layer that has some."""
KEPT = "kept for the backward pass"


@dataclass(frozen=True, slots=True)
class AskedFacts:
    """A layer on sizes that remember, and the names that formulas may use."""

    inputs: "tuple[Tensor, ...]"
    facts: "Facts"
    saved: "Saved | None"
    untold: str
    known: "NamedNumbers"

    def number(self, subject: str, aspect: str, number: int, name: str = "", note: str = "") -> Explained:
        """Explain a number; formulas below call it by a name, if it is given one."""
        derived = self.known.derived(number)
        if name:
            self.known.add(name, number)
        return Explained(subject, aspect, plain(number), derived, note)

    def total(self, subject: str, number: int, addends: "Mapping[str, int]") -> Explained:
        """Explain a sum of numbers that are explained above; another number as it is calculated."""
        plainly = {name: plain(each) for name, each in addends.items()}
        derived = added_up(plainly) if sum(plainly.values()) == plain(number) else self.known.derived(number)
        return Explained(subject, "", plain(number), derived, "" if derived else f"of {len(addends)} above")


def output_sizes(asked: AskedFacts) -> "Iterator[Explained]":
    """The size of every output along every axis."""
    for name, tensor in asked.facts.outputs.items():
        subject = "output" if name == "output" else f"output {name}"
        called = f"output_{name}" if name.isdecimal() else name
        for axis, size in enumerate(tensor.shape):
            yield asked.number(subject, f"axis {axis}", size, f"{called}[{axis}]")


def weight_shapes(asked: AskedFacts) -> "Iterator[Explained]":
    """The shape of every weight and how many numbers it holds, and all of them together."""
    yield from _tensors(asked, "parameter", asked.facts.weights, "params")


def buffer_shapes(asked: AskedFacts) -> "Iterator[Explained]":
    """The same of buffers."""
    if asked.facts.buffers:
        yield from _tensors(asked, "buffer", asked.facts.buffers, "buffers")


def _tensors(
    asked: AskedFacts, label: str, tensors: "Mapping[str, Shape]", total: str
) -> "Iterator[Explained]":
    counts: dict[str, int] = {}
    for name, shape in tensors.items():
        subject = f"{label} {name}".rstrip()
        for axis, size in enumerate(shape):
            yield asked.number(subject, f"axis {axis}", size)
        counts[name or label] = prod(shape)
        yield asked.number(subject, "count", prod(shape))
    yield asked.total(total, sum(counts.values()), counts)


def work_done(asked: AskedFacts) -> "Iterator[Explained]":
    """Parameters and multiply-accumulates of every part that has a name, and these of the layer."""
    parts, macs = asked.facts.parts, asked.facts.macs
    for name, part in parts.items():
        yield asked.number(f"part {name}", "params", part.params)
        yield asked.number(f"part {name}", "MACs", part.macs)
    if macs is None:
        yield Explained("MACs", "", None, note="not known")
        return
    by_part = {name: part.macs for name, part in parts.items()}
    yield asked.total("MACs", macs, by_part) if parts else asked.number("MACs", "", macs)
    flops, doubled = MacsReport(macs, ()).flops, NamedNumbers([])
    doubled.add("MACs", macs)
    yield Explained("FLOPs", "", plain(flops), doubled.derived(flops), "two per multiply-accumulate")
    for sort in OTHER_WORK:
        yield from _other_work(asked, sort)


def _other_work(asked: AskedFacts, sort: "Sort") -> "Iterator[Explained]":
    """Operations of a sort: of several parts those of each, and their sum."""
    found = operations_of(asked.facts.work, sort)
    if found is None:
        yield Explained("operations", sort, None, note="not known")
        return
    by_part: dict[str, int] = {}
    for each in asked.facts.work:
        if each.sort == sort and each.count:
            by_part[each.name or OF_NO_PART] = by_part.get(each.name or OF_NO_PART, 0) + each.count
    if len(by_part) > 1:
        for name, number in by_part.items():
            yield asked.number(f"part {name}", sort, number)
        yield replace(asked.total("operations", found, by_part), aspect=sort)
    elif found != 0:
        yield asked.number("operations", sort, found)


def kept_bytes(asked: AskedFacts) -> "Iterator[Explained]":
    """Bytes of every tensor that autograd keeps of one sample in training."""
    saved = asked.saved
    if saved is None:
        yield Explained(KEPT, "", None, note=f"not known what autograd keeps: {asked.untold}")
        return
    saved = saved.of_batch(1)
    outputs = tuple(asked.facts.outputs.values())
    arriving = dict.fromkeys(
        (*saved.inputs, *saved.for_weights, *saved.for_inputs, *saved.for_others, *saved.turned)
    )
    tensors = {
        **{f"input {index}": asked.inputs[index] for index in arriving},
        **{f"output {index}": outputs[index] for index in saved.outputs},
        **{f"own tensor {index}": each for index, each in enumerate(saved.own(trained=True))},
    }
    counts = {name: tensor_bytes(tensor, 1) for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        yield asked.number(KEPT, name, counts[name], "", f"bytes as {tensor.dtype}")
    if len(counts) != 1:
        yield asked.total(KEPT, sum(counts.values()), counts)
    if saved.beyond:
        yield Explained(KEPT, "beside", None, note=f"not known: {saved.beyond}")


def params_used(asked: AskedFacts) -> "Iterator[Explained]":
    """Parameters that one position uses, where these are not all."""
    if asked.facts.active_params is not None:
        yield asked.number("active params", "", asked.facts.active_params)


def attention_sizes(asked: AskedFacts) -> "Iterator[Explained]":
    """Heads, features and positions of attention, and what a cache keeps of one position."""
    found = asked.facts.attention
    if found is None:
        return
    for each in fields(found):
        value = getattr(found, each.name)
        if isinstance(value, int) and not isinstance(value, bool) and plain(value):
            yield asked.number("attention", each.name, value, each.name)
    yield asked.number("attention", "cached", found.cached, "", "numbers that a cache keeps a position")
    yield asked.number("attention", "asked MACs", found.asked_macs, "", "of a query and a cached position")


def means_taken(asked: AskedFacts) -> "Iterator[Explained]":
    """How many numbers of a sample go into one mean of a normalisation."""
    found = asked.facts.averages
    if found is not None:
        shape = next(iter(asked.facts.outputs.values())).shape
        note = "of one sample; in training those of all samples" if found.batch else ""
        yield asked.number("averages", "numbers a mean", found.count(shape), "", note)


SECTIONS: "tuple[Section, ...]" = (
    output_sizes,
    attention_sizes,
    weight_shapes,
    buffer_shapes,
    work_done,
    params_used,
    means_taken,
    kept_bytes,
)
"""Those that ask the facts alone. What a layer states is explained by one line here."""
