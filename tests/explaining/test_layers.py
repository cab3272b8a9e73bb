"""Every number that is explained is the one in the facts, and its formula, read back, gives it."""

from math import prod
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from archcalc import load, loads, trace, zoo
from archcalc.analyses.parameters import params
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.errors import SpecError
from archcalc.explaining.asking import asked_again
from archcalc.explaining.deriving import NamedNumbers
from archcalc.explaining.layers import explained, explained_layer
from archcalc.explaining.sections import KEPT, OTHER_WORK
from archcalc.facts import count
from archcalc.footprint.bytes import tensor_bytes
from archcalc.formulas.windows import same_padding
from archcalc.layers.registry import KINDS
from archcalc.lookup import UnknownName
from archcalc.sizes.following import as_traced
from archcalc.sizes.tape import Tape
from archcalc.sizes.terms import Operation, term_text
from archcalc.work import operations_of
from tests.explaining.reading import read_back
from tests.kinds.drawing import share_of
from tests.kinds.samples import SAMPLES
from tests.kinds.test_contract import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.explaining.records import Explained, Explanation
    from archcalc.sizes.terms import Term
    from archcalc.tracing import Trace, TracedLayer
    from tests.kinds.drawing import Sample

SAMPLES_OF_A_KIND = 12
REFUSED = 56
"""Kinds of which the few samples that are looked at may all be refused."""
COUNTED = ("params", "trainable", "buffers")
Numbers = dict[tuple[str, str], object]


def stated(layer: "TracedLayer") -> "Iterator[tuple[tuple[str, str], object]]":
    """All numbers of the facts, by subject and aspect."""
    facts = layer.facts
    for name, tensor in facts.outputs.items():
        for axis, size in enumerate(tensor.shape):
            yield ("output" if name == "output" else f"output {name}", f"axis {axis}"), size
    for label, tensors in (("parameter", facts.weights), ("buffer", facts.buffers)):
        for name, shape in tensors.items():
            subject = f"{label} {name}".rstrip()
            yield from (((subject, f"axis {axis}"), size) for axis, size in enumerate(shape))
            yield (subject, "count"), prod(shape)
    yield ("params", ""), count(facts.weights)
    if facts.buffers:
        yield ("buffers", ""), count(facts.buffers)
    if facts.active_params is not None:
        yield ("active params", ""), facts.active_params
    yield from stated_attention(layer)
    if facts.averages is not None:
        yield ("averages", "numbers a mean"), facts.averages.count(layer.output.shape)


def stated_attention(layer: "TracedLayer") -> "Iterator[tuple[tuple[str, str], object]]":
    """Sizes of attention that are more than none."""
    found = layer.facts.attention
    if found is None:
        return
    for aspect in ("heads", "kv_heads", "head_dim", "value_dim", "queries", "keys"):
        yield ("attention", aspect), getattr(found, aspect)
    for aspect in ("window", "added", "latent", "shared"):
        if getattr(found, aspect):
            yield ("attention", aspect), getattr(found, aspect)
    yield ("attention", "cached"), found.cached
    yield ("attention", "asked MACs"), found.asked_macs


def stated_work(layer: "TracedLayer") -> "Iterator[tuple[tuple[str, str], object]]":
    """What it does: products by part and together, and the other operations where there are some."""
    facts = layer.facts
    for name, part in facts.parts.items():
        yield (f"part {name}", "params"), part.params
        yield (f"part {name}", "MACs"), part.macs
    yield ("MACs", ""), facts.macs
    if facts.macs is None:
        return
    yield ("FLOPs", ""), 2 * facts.macs
    for sort in OTHER_WORK:
        found = operations_of(facts.work, sort)
        if found != 0:
            yield ("operations", sort), found
        some = [each for each in facts.work if each.sort == sort and each.count]
        names = dict.fromkeys(each.name or "rest" for each in some)
        for name in names if found and len(names) > 1 else ():
            counts = [each.count or 0 for each in some if (each.name or "rest") == name]
            yield (f"part {name}", sort), sum(counts)


def stated_bytes(layer: "TracedLayer") -> "Iterator[tuple[tuple[str, str], object]]":
    """What autograd keeps of one sample."""
    facts = layer.facts
    saved = layer.arguments.keeping(tuple(port.tensor for port in layer.inputs), facts)
    if saved is None:
        yield (KEPT, ""), None
        return
    saved = saved.of_batch(1)
    outputs, kept = [*facts.outputs.values()], dict[str, int]()
    for index in {*saved.arriving((True,) * len(layer.inputs), trained=True), *saved.turned}:
        kept[f"input {index}"] = tensor_bytes(layer.inputs[index].tensor, 1)
    for index in saved.outputs:
        kept[f"output {index}"] = tensor_bytes(outputs[index], 1)
    for index, tensor in enumerate(saved.own(trained=True)):
        kept[f"own tensor {index}"] = tensor_bytes(tensor, 1)
    yield from (((KEPT, name), number) for name, number in kept.items())
    if len(kept) != 1:
        yield (KEPT, ""), sum(kept.values())
    if saved.beyond:
        yield (KEPT, "beside"), None


def fields_of(network: "Trace", layer: "TracedLayer") -> Numbers:
    """The numbers of the report on receptive fields."""
    return {
        (f"receptive field on {field.input}", f"axis {axis.axis}, {aspect}"): getattr(axis, aspect)
        for field in receptive_fields(network).layers.get(layer.name, ())
        for axis in field.axes
        for aspect in ("size", "stride", "start")
    }


def check_numbers(found: "Explanation", expected: Numbers) -> None:
    """Every expected number is explained, and no other one; every formula gives what it says."""
    told = {(each.subject, each.aspect): each.result for each in found.numbers}
    assert len(told) == len(found.numbers)
    assert told == expected
    for each in found.numbers:
        check_formula(each)


def check_formula(each: "Explained") -> None:
    """The formula with the numbers put in is the result; names and numbers stand in the same places."""
    if each.derived is None:
        assert each.note, each
        return
    assert read_back(term_text(each.derived.numbers)) == each.result, each
    for source in each.derived.sources:
        assert source.about, source
    assert each.derived.sources or not each.derived.call
    symbols, numbers = [*parts_of(each.derived.symbols)], [*parts_of(each.derived.numbers)]
    values = dict(zip(symbols, numbers, strict=True))
    names = {name for name in symbols if isinstance(name, str)}
    for argument in each.derived.given:
        assert read_back(term_text(argument.numbers)) == values[argument.name], each
        assert not {*parts_of(argument.symbols)} & names, "two things of one name"


def parts_of(term: "Term") -> "Iterator[str | int]":
    """Names and numbers of a formula, from left to right."""
    if isinstance(term, Operation):
        for each in term.operands:
            yield from parts_of(each)
    else:
        yield term


def check_layer(network: "Trace", layer: "TracedLayer") -> None:
    """Of the kind, asked on sizes that remember, and of all that is explained."""
    assert as_traced(asked_again(layer).facts) == layer.facts, layer
    numbers = (*stated(layer), *stated_work(layer), *stated_bytes(layer))
    check_numbers(explained_layer(network, layer), {**dict(numbers), **fields_of(network, layer)})


def network_of(name: str, sample: "Sample") -> "Trace | None":
    """A network of one layer, where the kind takes the sample."""
    try:
        return trace(loads(written(name, sample)))
    except SpecError:
        return None


@pytest.fixture(scope="module")
def explained_kinds() -> "Iterator[set[str]]":
    """Kinds of which at least one sample was explained: nearly all that this process asked."""
    found: set[str] = set()
    ASKED.clear()
    yield found
    assert len(ASKED - found) <= REFUSED, ASKED - found


ASKED: set[str] = set()
"""Kinds that were asked in this process: with several of them each has a part."""


@pytest.mark.parametrize("name", KINDS)
def test_what_is_explained_of_a_kind_is_what_it_states(name: str, explained_kinds: set[str]) -> None:
    ASKED.add(name)

    @settings(
        max_examples=share_of(name, SAMPLES_OF_A_KIND),
        deadline=None,
        database=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(sample=SAMPLES[name])
    def look(sample: "Sample") -> None:
        network = network_of(name, sample)
        if network is not None:
            explained_kinds.add(name)
            check_layer(network, network.layer("layer"))

    look()


@pytest.mark.parametrize(
    "name", ["lenet5", "vit_b_16", "lstm_language_model", "mixtral_8x7b", "dilated_context"]
)
def test_what_is_explained_of_a_network_is_what_its_layers_state(name: str) -> None:
    network = trace(load(name))
    seen: set[object] = set()
    for layer in network.layers:
        alike = (layer.type, str(layer.arguments), tuple(port.tensor for port in layer.inputs))
        if alike not in seen:
            seen.add(alike)
            check_layer(network, layer)


def test_sums_are_those_of_the_network_and_of_each_container() -> None:
    for name in ("resnet18", "gpt2", "mixtral_8x7b"):
        assert name in zoo.names()
        network = trace(load(name))
        counted = params(network)
        total = sum(layer.facts.macs or 0 for layer in network.layers)
        expected: Numbers = {
            ("params", ""): counted.params,
            ("trainable", ""): counted.trainable,
            ("buffers", ""): counted.buffers,
            ("MACs", ""): total,
        }
        if counted.active != counted.params:
            expected["active", ""] = counted.active
        check_numbers(explained(network), expected)
    network = trace(load("resnet18"))
    inside = [layer for layer in network.layers if layer.name.startswith("layer2.")]
    counts = [params(network).layers[layer.name] for layer in inside]
    found = explained(network, "layer2")
    sums: Numbers = {(name, ""): sum(getattr(each, name) for each in counts) for name in COUNTED}
    check_numbers(found, {**sums, ("MACs", ""): sum(layer.facts.macs or 0 for layer in inside)})
    assert found.numbers[0].derived is not None
    assert term_text(found.numbers[0].derived.symbols) == "layer2.0 + layer2.1"


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(UnknownName, match="no layer 'conv9'"):
        explained(trace(load("resnet18")), "conv9")


def test_formulas_are_in_the_names_of_their_functions() -> None:
    """By hand: one of each way in which a number comes about."""
    layer = "{type: Conv2d, name: it, out_channels: 4, kernel_size: 3, groups: 2}"
    network = trace(loads(f"inputs: {{x: [6, 9, 7]}}\nlayers: [{layer}]"))
    told = {
        each.name: (term_text(each.derived.symbols), term_text(each.derived.numbers), each.result)
        for each in explained(network, "it").numbers
        if each.derived
    }
    assert told["output, axis 2"] == (
        "(n + before + after - (dilation * (kernel - 1) + 1)) // stride + 1",
        "(7 + 0 + 0 - (1 * (3 - 1) + 1)) // 1 + 1",
        5,
    )
    assert told["parameter weight, count"] == (
        "out_channels * (x[0] // groups) * kernel_size * kernel_size",
        "4 * (6 // 2) * 3 * 3",
        108,
    )
    assert told["params"] == ("weight + bias", "108 + 4", 112)
    assert told["receptive field on x, axis 1, size"] == (
        "size + dilation * (kernel - 1) * jump",
        "1 + 1 * (3 - 1) * 1",
        3,
    )


def test_of_a_function_with_several_results_the_right_one_is_told() -> None:
    tape = Tape()
    kernel, dilation = tape.give("k", 4), tape.give("d", 1)
    before, after = same_padding(kernel, dilation)
    named = NamedNumbers(tape.given.items())
    told = [term_text(named.derived(number).symbols) for number in (before, after)]
    assert (int(before), int(after)) == (1, 2)
    assert told[0] == "dilation * (kernel - 1) // 2"
    assert told[1] == "dilation * (kernel - 1) - dilation * (kernel - 1) // 2"
