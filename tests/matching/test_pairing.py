"""Which tensors belong together, where names, prefixes or nothing but shapes tell it."""

from random import Random

import pytest

import archcalc
from archcalc.matching.maps import name_map
from archcalc.matching.pairing import Pairing, Prefix, paired
from archcalc.matching.tensors import OtherTensor, spec_tensors

RESNET = archcalc.trace(archcalc.load("resnet18"))
GPT2 = archcalc.trace(archcalc.load("gpt2"), {"depth": 3, "width": 48, "heads": 3})


def theirs(trace: archcalc.Trace) -> list[OtherTensor]:
    """The tensors of a spec as another side would have them."""
    return [OtherTensor(each.name, each.shape, each.buffer) for each in spec_tensors(trace)]


def renamed(tensors: list[OtherTensor], name: str, new: str) -> list[OtherTensor]:
    """The same with another word in their names."""
    return [OtherTensor(each.name.replace(name, new), each.shape, each.buffer) for each in tensors]


def found(trace: archcalc.Trace, others: list[OtherTensor], *maps: str, ordered: bool = True) -> Pairing:
    """What belongs together."""
    return paired(spec_tensors(trace), others, list(map(name_map, maps)), ordered=ordered)


def test_names_as_they_are() -> None:
    pairing = found(RESNET, theirs(RESNET))
    assert {pair.way for pair in pairing.pairs} == {"name"}
    assert all(pair.ours.name == pair.theirs.name for pair in pairing.pairs)
    assert (len(pairing.pairs), pairing.missing, pairing.unexpected) == (122, (), ())


@pytest.mark.parametrize("prefix", ["module.", "model.", "a.b.c."])
def test_a_prefix_of_theirs(prefix: str) -> None:
    others = [OtherTensor(prefix + each.name, each.shape, each.buffer) for each in theirs(RESNET)]
    pairing = found(RESNET, others)
    assert pairing.prefix == Prefix(theirs=prefix)
    assert all(prefix + pair.ours.name == pair.theirs.name for pair in pairing.pairs)
    assert pairing.count("prefix") == 122


def test_a_prefix_of_ours_beside_names_that_have_it() -> None:
    others = [OtherTensor(each.name.removeprefix("transformer."), each.shape) for each in theirs(GPT2)]
    pairing = found(GPT2, others, ordered=False)
    assert pairing.prefix == Prefix(ours="transformer.")
    assert (pairing.count("prefix"), pairing.count("name"), pairing.missing) == (len(others) - 1, 1, ())


def test_a_prefix_under_which_shapes_differ_is_none() -> None:
    """Heads that happen to be called as layers: what most of them hold is something else."""
    others = [
        OtherTensor("aux.conv1.weight", (9, 9), buffer=False),
        OtherTensor("aux.fc.bias", (7,), buffer=False),
    ]
    pairing = found(RESNET, others, ordered=False)
    assert (pairing.prefix, pairing.pairs) == (None, ())


def test_a_map_and_names_beside_it() -> None:
    others = renamed(theirs(RESNET), "layer", "stage_")
    pairing = found(RESNET, others, "stage_{i}=layer{i}")
    assert pairing.count("map") + pairing.count("name") == 122
    assert all(pair.theirs.name.replace("stage_", "layer") == pair.ours.name for pair in pairing.pairs)


def test_a_map_to_a_name_that_is_not_there_leaves_the_module_to_its_shapes() -> None:
    others = renamed(theirs(RESNET), "fc.", "head.")
    pairing = found(RESNET, others, "head=tail")
    assert {pair.way for pair in pairing.pairs if pair.ours.layer.name == "fc"} == {"order"}


@pytest.mark.parametrize("seed", range(40))
def test_modules_of_any_names_by_shape_and_order(seed: int) -> None:
    """Every module has another name; tensors that are dropped, and no others, are missing."""
    random = Random(seed)  # noqa: S311  a test, no secret
    names: dict[str, str] = {}
    trace = random.choice((RESNET, GPT2))
    true: dict[str, str] = {}
    others: list[OtherTensor] = []
    biases = [each.name for each in spec_tensors(trace) if each.own == "bias"]
    dropped = set(random.sample(biases, random.randrange(3)))
    for each in spec_tensors(trace):
        module, _, own = each.name.rpartition(".")
        name = f"{names.setdefault(module, f'part{len(names)}')}.{own}"
        if each.name not in dropped:
            others.append(OtherTensor(name, each.shape, each.buffer))
            true[name] = each.name
    pairing = found(trace, others)
    assert {each.name for each in pairing.missing} == dropped, seed
    assert not pairing.unexpected, seed
    assert {pair.theirs.name: pair.ours.name for pair in pairing.pairs} == true, seed


def test_a_bias_that_a_layer_lacks_is_not_taken_from_another() -> None:
    others = [each for each in theirs(RESNET) if each.name != "layer1.0.bn1.bias"]
    others.append(OtherTensor("layer1.0.conv2.bias", (64,), buffer=False))
    pairing = found(RESNET, others)
    assert [each.name for each in pairing.missing] == ["layer1.0.bn1.bias"]
    assert [each.name for each in pairing.unexpected] == ["layer1.0.conv2.bias"]


def test_one_module_of_another_name_and_other_sizes() -> None:
    others = [each for each in theirs(RESNET) if not each.name.startswith("fc.")]
    others += [
        OtherTensor("head.weight", (10, 512), buffer=False),
        OtherTensor("head.bias", (10,), buffer=False),
    ]
    pairing = found(RESNET, others)
    assert {pair.theirs.name: pair.ours.name for pair in pairing.pairs if pair.way == "order"} == {
        "head.weight": "fc.weight",
        "head.bias": "fc.bias",
    }


def test_a_parameter_that_has_the_name_of_a_layer_of_one_tensor() -> None:
    others = renamed(theirs(GPT2), "wpe.weight", "wpe")
    pairing = found(GPT2, others)
    assert [pair.ours.name for pair in pairing.pairs if pair.theirs.name == "transformer.wpe"] == [
        "transformer.wpe.weight"
    ]


def test_without_order_equal_shapes_are_taken_by_name_within_the_module_first() -> None:
    others = renamed(theirs(RESNET), "bn1.", "norm.")
    pairing = found(RESNET, others, ordered=False)
    wrong = [p for p in pairing.pairs if p.theirs.name.replace("norm.", "bn1.") != p.ours.name]
    assert not wrong
