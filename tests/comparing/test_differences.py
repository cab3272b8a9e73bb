"""What differs between two networks: modules beside specs, wiring, ties, long ones."""

from time import process_time

import pytest

import archcalc
from archcalc.errors import Fault

SAME = ("resnet18", "mobilenet_v2", "squeezenet1_1", "swin_t")
Data = dict[str, object]


def spec(*layers: object, **more: object) -> Data:
    """A spec of these layers."""
    return {"inputs": {"x": [8, 9, 9]}, "layers": list(layers), **more}


CONV: Data = {"type": "Conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1}


@pytest.mark.parametrize("name", SAME)
def test_a_spec_and_its_module_are_the_same(name: str) -> None:
    found = archcalc.diff(name, f"torchvision.models:{name}")
    assert found.same, [(each.marks, each.layer.name, each.details) for each in found.layers]
    assert all(total.delta == 0 for total in found.totals)


def test_a_module_with_other_arguments_is_not() -> None:
    found = archcalc.diff("resnet18", "torchvision.models:resnet18", args_b={"num_classes": 10})
    (each,) = found.layers
    assert (each.layer.name, each.marks, each.details[0]) == ("fc", ("changed",), ("out_features", 1000, 10))


@pytest.mark.parametrize(
    ("before", "after", "details"),
    [
        ({"padding": 1}, {"padding": "same"}, []),
        ({"stride": 1}, {"stride": [1, 1]}, []),
        ({"in_channels": 8}, {}, []),
        ({}, {"stride": 2}, ["stride"]),
        ({}, {"groups": 2}, ["groups"]),
        ({}, {"frozen": True}, ["frozen"]),
        ({}, {"kernel_size": 5, "padding": 2}, ["kernel_size", "padding"]),
    ],
)
def test_arguments_that_mean_the_same(before: Data, after: Data, details: list[str]) -> None:
    found = archcalc.diff(*(spec({"name": "conv", **CONV, **more}) for more in (before, after)))
    own = {*details}
    assert [detail.what for each in found.layers for detail in each.details if detail.what in own] == details
    assert found.same == (not details)


def test_wiring_is_told_where_it_was_written_otherwise() -> None:
    body = [{"name": "a", **CONV}, {"name": "b", **CONV}, {"name": "c", **CONV}]
    ends = ({"type": "Add", "name": "sum", "from": ["c", source]} for source in ("a", "b"))
    found = archcalc.diff(*(spec(*body, end) for end in ends))
    (each,) = [each for each in found.layers if each.marks != ("affected",)]
    assert each.details[0] == ("reads", ["c", "a"], ["c", "b"])
    turned = ({"type": "Add", "name": "sum", "from": sources} for sources in (["c", "a"], ["a", "c"]))
    assert archcalc.diff(*(spec(*body, end) for end in turned)).same


def test_what_is_put_between_is_no_wiring_of_what_is_behind() -> None:
    before = spec({"name": "a", **CONV}, {"name": "b", **CONV})
    after = spec({"name": "a", **CONV}, {"type": "GELU", "name": "new"}, {"name": "b", **CONV})
    assert [(each.layer.name, each.marks) for each in archcalc.diff(before, after).layers] == [
        ("new", ("added",))
    ]


def test_branches_in_another_order_are_the_same() -> None:
    ways = [{"name": "a", **CONV}, {"name": "b", "from": "input", **CONV}]
    end = {"type": "Concat", "from": ["a", "b"]}
    ahead = [{"name": "b", **CONV}, {"name": "a", "from": "input", **CONV}]
    assert archcalc.diff(spec(*ways, end), spec(*ahead, end)).same


def test_ties_variables_loss_and_outputs_are_told() -> None:
    two = [{"name": "a", **CONV}, {"name": "b", **CONV}]
    tied = [two[0], {**two[1], "tie": "a"}]
    (each,) = archcalc.diff(spec(*two), spec(*tied)).layers
    assert each.details[0] == ("tied", None, "bias = a.bias, weight = a.weight")
    assert each.deltas.params == -(8 * 8 * 9 + 8)
    said = archcalc.diff(
        spec(*two, vars={"n": 1}, loss="MSELoss"), spec(*two, vars={"n": 2}, outputs=["a", "b"])
    )
    assert [detail.what for detail in said.network] == ["outputs", "var n", "loss"]
    assert not said.layers
    assert not said.same


def test_layers_that_were_wrapped_are_called_otherwise() -> None:
    inside = [{"name": "a", **CONV}, {"name": "b", "type": "BatchNorm2d"}]
    found = archcalc.diff(spec(*inside), spec({"type": "Sequential", "name": "stem", "layers": inside}))
    assert [(each.marks, each.layer.name) for each in found.layers] == [
        (("renamed",), "stem.a"),
        (("renamed",), "stem.b"),
    ]


def test_two_long_networks_take_seconds() -> None:
    def long(skipped: int) -> Data:
        sizes = [8 + at * 7 % 5 for at in range(1_000) if at % 97 != skipped]
        layers = [each for size in sizes for each in ({"type": "Linear", "out_features": size}, "ReLU")]
        return {"inputs": {"x": [8]}, "layers": layers}

    from archcalc.comparing.differences import network_difference
    from archcalc.comparing.sides import side_of

    before, after = (side_of(archcalc.trace(archcalc.load(long(skipped)))) for skipped in (3, 50))
    began = process_time()
    found = network_difference(before, after)
    assert process_time() - began < 5
    marks = [each.marks for each in found.layers]
    assert (marks.count(("added",)), marks.count(("removed",))) == (22, 20)


def test_nothing_to_compare_is_said() -> None:
    with pytest.raises(Fault, match="the second network is the first one"):
        archcalc.diff("lenet5")
    with pytest.raises(Fault, match="no option 'sett_b'; did you mean 'set_b'"):
        archcalc.diff("lenet5", "vgg11", sett_b={"classes": 3})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
