"""Wiring: chosen names, layers that are left out, blocks with several outputs, shapes by name."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from jsonschema import Draft202012Validator

from archcalc import SpecError, load, loads, trace
from archcalc.bridge.verifying import verify
from archcalc.schema import schema
from tests.exporting.sources import TOLERANCE, difference

if TYPE_CHECKING:
    from archcalc.errors import Problem
    from archcalc.tracing import Trace

INPUTS = {"x": [4, 8, 8]}


def conv(name: str, width: object = 4, **more: object) -> dict[str, object]:
    return {"type": "Conv2d", "name": name, "out_channels": width, "kernel_size": 3, "padding": 1, **more}


def traced(
    *layers: object, blocks: object = None, inputs: object = None, outputs: object = None, **variables: object
) -> "Trace":
    spec = {"inputs": inputs or INPUTS, "vars": variables, "blocks": blocks or {}, "layers": list(layers)}
    return trace(load(spec if outputs is None else {**spec, "outputs": outputs}))


def told(*layers: object, blocks: object = None, inputs: object = None, **variables: object) -> "Problem":
    with pytest.raises(SpecError) as caught:
        traced(*layers, blocks=blocks, inputs=inputs, **variables)
    return caught.value.problems[0]


def reads(network: "Trace", name: str) -> list[str]:
    return [str(port) for port in network.layer(name).inputs]


# from with expressions


@pytest.mark.parametrize(("skip", "names"), [(True, ["a", "b", "x"]), (False, ["b", "x"])])
def test_an_expression_chooses_what_a_layer_reads(skip: bool, names: list[str]) -> None:  # noqa: FBT001  parametrised
    chosen = '=["a", "b"] if skip else "b"'
    merge = {"type": "Concat", "name": "m", "from": [chosen, "x"]}
    assert reads(traced(conv("a"), conv("b"), merge, skip=skip), "m") == names


def test_nothing_chosen_is_the_layer_before() -> None:
    network = traced(conv("a"), conv("b", **{"from": '="x" if far else null'}), far=False)
    assert reads(network, "b") == ["a"]


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("=1 / 2", "from needs names of layers, got 0.5"),
        ("=true", "from needs names of layers, got true"),
        ('="c"', "unknown name 'c'"),
        ("=in_channels", "in_channels is not known in `from`, which says what arrives"),
        ("=far", "unknown name 'far'"),
    ],
)
def test_a_wrong_choice_is_told_at_from(written: str, what: str) -> None:
    problem = told(conv("a"), conv("b", **{"from": written}))
    assert what in problem.what


# merges of layers that are left out


@pytest.mark.parametrize("kind", ["Add", "Multiply", "Concat"])
def test_a_merge_joins_those_that_are_there(kind: str) -> None:
    merge = {"type": kind, "name": "m", "from": ["a", "b", "c"]}
    network = traced(conv("a"), conv("b", when="=two"), conv("c", **{"from": "a"}), merge, two=False)
    assert reads(network, "m") == ["a", "c"]


@pytest.mark.parametrize("kind", ["Add", "Multiply", "Concat"])
def test_a_merge_of_one_is_that_one(kind: str) -> None:
    merge = {"type": kind, "name": "m", "from": ["a", "b"]}
    tail = {"type": "ReLU", "name": "r", "from": ["m"]}
    network = traced(conv("a"), conv("b", when="=two"), merge, tail, two=False)
    assert [layer.name for layer in network.layers] == ["a", "r"]
    assert reads(network, "r") == ["a"]


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        ({"type": "Add"}, ["b", "c"]),  # nothing remains
        ({"type": "Stack"}, ["a", "b"]),  # one would have an axis more, or none
        ({"type": "MatMul"}, ["a", "b"]),  # its inputs are not alike
        ({"type": "ReLU"}, ["b"]),
    ],
)
def test_else_a_layer_that_is_left_out_is_no_input(layer: dict[str, object], names: list[str]) -> None:
    problem = told(conv("a"), conv("b", when=False), conv("c", when=False), {**layer, "from": names})
    assert problem.what == "layer 'b' is left out here (its `when` is false)"
    assert "give this layer the same `when`" in problem.hint


# shapes by name


def test_expressions_ask_for_every_input_by_its_name() -> None:
    block = {
        "inputs": ["low", "memory"],
        "args": {"width": "=memory.in_features * 2"},
        "layers": [
            conv("c", "=low.in_channels + width"),
            {"type": "Linear", "name": "l", "from": "memory", "out_features": "=low.in_shape[1] + width"},
            {"type": "Mean", "dim": [0], "from": "c"},
        ],
    }
    merge = conv("a", "=y.in_shape[0]", **{"from": "x"})
    inputs = {"x": [4, 8, 8], "y": [7, 5]}
    network = traced(
        merge,
        {"type": "two", "name": "t", "from": ["a", "y"], "expect": [8, "=a.in_features"]},
        {"type": "MatMul", "from": ["t", "t"], "expect": "=[t.in_shape[0], t.in_features]"},
        blocks={"two": block},
        inputs=inputs,
        outputs=["matmul_0", "t.l"],
    )
    shapes = {layer.name: layer.output.shape for layer in network.layers}
    assert shapes["a"] == (7, 8, 8)
    assert shapes["t.c"] == (7 + 10, 8, 8)
    assert shapes["t.l"] == (7, 8 + 10)


def test_an_input_that_is_none_is_told_with_the_nearest() -> None:
    problem = told(conv("a", "=y.in_channels"), inputs={"z": [4, 8, 8]})
    assert problem.what == "'y' is no input here"
    assert "did you mean 'z.in_channels'?" in problem.hint


# blocks with several outputs

PYRAMID = {
    "layers": [
        conv("high"),
        conv("low", 8, stride=2),
        conv("lowest", 8, stride=2, when="=deep"),
    ],
    "outputs": {"main": "low", "high": "high", "deep": "lowest"},
}


def test_a_block_gives_its_outputs_by_name() -> None:
    network = traced(
        {"type": "pyramid", "name": "p"},
        {"type": "ReLU", "name": "r"},
        {"type": "Concat", "name": "c", "from": ["p.high", "p.deep"]},
        {"type": "Flatten", "from": "p.main"},
        blocks={"pyramid": PYRAMID},
        deep=False,
        outputs=["r", "c", "flatten_0"],
    )
    assert reads(network, "r") == ["p.low"]
    assert reads(network, "flatten_0") == ["p.low"]
    assert str(network.outputs[1]) == "p.high"  # the other one is left out
    assert verify(network).agrees
    assert difference(network, seed=0) < TOLERANCE


def test_a_list_names_outputs_as_the_layers_are_called() -> None:
    block = {
        "layers": [conv("a"), {"type": "Sequential", "name": "s", "layers": [conv("b")]}],
        "outputs": ["a", "s.b"],
    }
    network = traced(
        {"type": "pair", "name": "p", "repeat": 2},
        {"type": "Add", "name": "sum", "from": ["p.b", "p.0.a"]},
        blocks={"pair": block},
    )
    assert reads(network, "p.1.a") == ["p.0.a"]
    assert reads(network, "sum") == ["p.1.s.b", "p.0.a"]


def test_an_output_goes_before_a_layer_of_the_same_name() -> None:
    block = {"layers": [conv("a"), conv("b")], "outputs": {"b": "a"}}
    network = traced(
        {"type": "swapped", "name": "p"}, {"type": "ReLU", "from": "p.b"}, blocks={"swapped": block}
    )
    assert reads(network, "relu_0") == ["p.a"]


@pytest.mark.parametrize(
    ("outputs", "deep", "what"),
    [
        ({"main": "lo"}, True, "unknown name 'lo'"),
        ({"main": "lowest"}, False, "layer 'p.lowest' is left out here (its `when` is false)"),
        (["high", "x.high"], True, "two outputs are called 'high'"),
        ({}, True, "needs at least 1 output, got none"),
        ([], True, "needs at least 1 name, got none"),
        ({"a-b!": "low"}, True, "a name has only letters, digits"),
    ],
)
def test_wrong_outputs(outputs: object, deep: bool, what: str) -> None:  # noqa: FBT001  parametrised
    problem = told({"type": "b", "name": "p"}, blocks={"b": {**PYRAMID, "outputs": outputs}}, deep=deep)
    assert what in problem.what


def test_an_output_that_is_left_out_or_unknown_is_told_where_it_is_read() -> None:
    use = {"type": "pyramid", "name": "p"}
    blocks = {"pyramid": PYRAMID}
    problem = told(use, {"type": "ReLU", "from": "p.deep"}, blocks=blocks, deep=False)
    assert problem.what == "layer 'p.lowest' is left out here (its `when` is false)"
    problem = told(use, {"type": "ReLU", "from": "p.hgh"}, blocks=blocks, deep=False)
    assert problem.what == "'p' has no layer or output 'hgh'"
    assert "did you mean 'high'?" in problem.hint


# ways without layers


@pytest.mark.parametrize(
    ("container", "what"),
    [
        ({"type": "Branches", "branches": [[conv("a", when="=on")], [conv("b")]]}, "branch 0"),
        ({"type": "Branches", "branches": {"p": [conv("b")], "q": [conv("a", when="=on")]}}, "branch q"),
        ({"type": "Residual", "body": [conv("a", when="=on")]}, "the body"),
        (
            {
                "type": "Branches",
                "branches": [[{"type": "Sequential", "layers": [conv("a", when="=on")]}], ["ReLU"]],
            },
            "branch 0",
        ),
        ({"type": "Residual", "body": [{"type": "b"}]}, "the body"),
    ],
)
def test_an_emptied_way_is_no_identity(container: dict[str, object], what: str) -> None:
    blocks = {"b": {"layers": [conv("a", when="=on")]}}
    problem = told(container, blocks=blocks, on=False)
    assert problem.what.startswith(f"every layer of {what} is left out: what arrives is")
    assert "write Identity" in problem.hint
    assert traced(container, blocks=blocks, on=True).layers


@pytest.mark.parametrize(
    "container",
    [
        {"type": "Branches", "branches": [[], [conv("b")]]},
        {"type": "Branches", "branches": [["Identity"], [conv("b", when="=on"), "ReLU"]]},
        {"type": "Branches", "when": "=on", "branches": [[conv("a", when="=on")], [conv("b")]]},
        {"type": "Residual", "body": [conv("a")], "shortcut": [conv("b", when="=on")]},
        {"type": "Residual", "body": [conv("a")], "shortcut": []},
        {"type": "Residual", "body": [conv("a", repeat="=1 if on else 0")]},
        {"type": "Sequential", "layers": [conv("a", when="=on")]},
    ],
)
def test_what_is_written_empty_or_is_a_shortcut_is_the_identity(container: dict[str, object]) -> None:
    assert traced("ReLU", container, on=False).layers


# expected shapes


@pytest.mark.parametrize(
    "layer",
    [
        conv("a", expect=[4, 8, 8]),
        conv("a", expect="=[in_channels, 8, x.in_features]", **{"from": "x"}),
        conv("a", expect=["=in_channels * 2", 8, 8], repeat=2, width="=in_channels * 2"),
        {
            "type": "Residual",
            "body": [conv("a")],
            "expect": [4, 8, 8],
            "merge": {"type": "Add", "expect": [4, 8, 8]},
        },
        {"type": "pyramid", "expect": {"main": [8, 4, 4], "high": [4, 8, 8]}},
        {
            "type": "Vmap",
            "expect": [4, 8, 6],
            "layers": [{"type": "Linear", "out_features": 6, "expect": [8, 6]}],
        },
        conv("a", expect=[1, 1, 1], when=False),
    ],
)
def test_an_expected_shape_is_the_one_that_comes_out(layer: dict[str, object]) -> None:
    assert traced("ReLU", layer, "ReLU", blocks={"pyramid": PYRAMID}, deep=False).layers


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        (conv("a", expect=[4, 7, 8]), "[4, 8, 8] comes out, but [4, 7, 8] is expected"),
        (conv("a", expect=[4, 8]), "[4, 8, 8] comes out, but [4, 8] is expected"),
        (conv("a", expect="=[4, 1.5, 8]"), "a size is a whole number, got 1.5"),
        (conv("a", expect="=y"), "unknown name 'y'"),
        (conv("a", expect={"indices": [4]}), "there is no output 'indices'"),
        (
            {"type": "Vmap", "layers": [{"type": "Linear", "out_features": 6, "expect": [4, 8, 6]}]},
            "[8, 6] comes",
        ),
        ({"type": "pyramid", "expect": {"main": [8, 4, 4], "high": [8, 8]}}, "[4, 8, 8] comes out"),
        (
            conv("a", expect="four"),
            "needs a shape such as [64, 56, 56], or an expression, got 'four'",
        ),
        (conv("a", expect=[4, "8", 8]), "a size is a whole number or an expression, got '8'"),
    ],
)
def test_another_shape_is_an_error_at_that_key(layer: dict[str, object], what: str) -> None:
    problem = told("ReLU", layer, "ReLU", blocks={"pyramid": PYRAMID}, deep=False)
    assert what in problem.what


# the page about all of this


def test_every_spec_of_the_page_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "containers.md").read_text(encoding="utf-8")
    specs = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(specs) > 3
    editor = Draft202012Validator(schema())
    for spec in specs:
        editor.validate(yaml.safe_load(spec))  # pyright: ignore[reportUnknownMemberType]  # jsonschema leaves it untyped
        network = trace(loads(spec))
        assert network.layers
        assert verify(network).agrees
