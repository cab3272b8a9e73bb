"""Names inside a network: numbered layers, references to many layers, outputs of layers that are left out."""

from typing import TYPE_CHECKING

import pytest

from archcalc import SpecError, load, loads, trace

if TYPE_CHECKING:
    from archcalc.tracing import Trace


def traced(*layers: object, blocks: object = None, outputs: object = None, **variables: object) -> "Trace":
    spec = {"inputs": {"x": [4, 8, 8]}, "vars": variables, "layers": list(layers), "blocks": blocks or {}}
    return trace(load(spec if outputs is None else {**spec, "outputs": outputs}))


def names(network: "Trace") -> list[str]:
    return [layer.name for layer in network.layers]


def numbered(*layers: object, name: str | None = "f") -> dict[str, object]:
    entry: dict[str, object] = {"type": "Sequential", "numbered": True, "layers": list(layers)}
    return entry if name is None else {**entry, "name": name}


PAIR = {"pair": {"layers": [{"type": "ReLU", "name": "a"}, {"type": "Tanh", "name": "b"}]}}


@pytest.mark.parametrize("present", [True, False])
def test_a_layer_that_is_left_out_takes_no_number(present: bool) -> None:  # noqa: FBT001  parametrised
    network = traced(numbered("ReLU", {"type": "Tanh", "when": "=present"}, "Sigmoid"), present=present)
    kinds = ["ReLU", "Tanh", "Sigmoid"] if present else ["ReLU", "Sigmoid"]
    assert [(layer.name, layer.type) for layer in network.layers] == [
        (f"f.{index}", kind) for index, kind in enumerate(kinds)
    ]


def test_every_turn_of_a_repeat_takes_a_number() -> None:
    network = traced(numbered("ReLU", {"type": "pair", "repeat": 2}, "Tanh"), blocks=PAIR)
    assert names(network) == ["f.0", "f.1.a", "f.1.b", "f.2.a", "f.2.b", "f.3"]
    assert network.layers[3].inputs[0].layer == "f.1.b"
    assert network.layers[5].inputs[0].layer == "f.2.b"


def test_turns_that_are_left_out_take_no_number() -> None:
    network = traced(numbered({"type": "ReLU", "repeat": 4, "when": "=i != 1"}, "Tanh"))
    assert names(network) == ["f.0", "f.1", "f.2", "f.3"]
    assert network.layers[3].type == "Tanh"


def test_names_that_are_written_stay_and_count_for_nothing() -> None:
    network = traced(numbered("ReLU", {"type": "Tanh", "name": "own", "repeat": 2}, "Sigmoid"))
    assert names(network) == ["f.0", "f.own.0", "f.own.1", "f.1"]


def test_containers_inside_have_a_number_and_names_of_their_own() -> None:
    network = traced(numbered(numbered("ReLU", name=None), {"type": "Residual", "body": ["ReLU"]}))
    assert names(network) == ["f.0.0", "f.1.relu_0", "f.1.add_0"]


def test_a_numbered_container_without_a_name_numbers_in_the_scope_around_it() -> None:
    network = traced(
        {"type": "wrapped", "name": "w"},
        blocks={"wrapped": {"layers": [numbered("ReLU", "Tanh", name=None)]}},
    )
    assert names(network) == ["w.0", "w.1"]


def test_numbers_are_names_that_can_be_read() -> None:
    network = traced(numbered("ReLU", "Tanh", {"type": "Add", "from": [0, 1]}))
    assert [port.layer for port in network.layers[2].inputs] == ["f.0", "f.1"]


SKIPS = {"step": {"layers": [{"type": "Tanh", "name": "skip"}, {"type": "ReLU", "name": "out"}]}}


def test_a_star_reads_every_turn_of_a_repeat() -> None:
    step = {"type": "step", "name": "s", "repeat": 3}
    network = traced(step, {"type": "Add", "name": "sum", "from": ["s.*.skip", "x"]}, blocks=SKIPS)
    assert [port.layer for port in network.layers[-1].inputs] == ["s.0.skip", "s.1.skip", "s.2.skip", "x"]


def test_a_star_passes_by_what_is_left_out() -> None:
    step = {"type": "step", "name": "s", "repeat": 3, "when": "=i != 1"}
    network = traced(step, {"type": "Add", "name": "sum", "from": "s.*.skip"}, blocks=SKIPS)
    assert [port.layer for port in network.layers[-1].inputs] == ["s.0.skip", "s.2.skip"]


def test_two_stars_go_through_two_scopes() -> None:
    stack = {"stack": {"layers": [{"type": "step", "name": "s", "repeat": 2}]}, **SKIPS}
    network = traced(
        {"type": "stack", "name": "t", "repeat": 2}, {"type": "Add", "from": "t.*.s.*.skip"}, blocks=stack
    )
    assert [port.layer for port in network.layers[-1].inputs] == [
        f"t.{outer}.s.{inner}.skip" for outer in range(2) for inner in range(2)
    ]


@pytest.mark.parametrize("aux", [True, False])
def test_an_output_that_is_left_out_does_not_leave(aux: bool) -> None:  # noqa: FBT001  parametrised
    layers = [{"type": "ReLU", "name": "a"}, {"type": "Tanh", "name": "b", "when": "=aux", "from": "x"}]
    network = traced(*layers, outputs=["a", "b"], aux=aux)
    assert [port.layer for port in network.outputs] == (["a", "b"] if aux else ["a"])
    assert not network.findings


def test_an_output_inside_something_left_out_does_not_leave() -> None:
    network = traced({"type": "ReLU", "name": "a"}, {**numbered("ReLU"), "when": False}, outputs=["a", "f.0"])
    assert [port.layer for port in network.outputs] == ["a"]


def test_something_must_leave_the_network() -> None:
    with pytest.raises(SpecError, match="'a' is left out here"):
        traced("ReLU", {"type": "ReLU", "name": "a", "when": False}, outputs=["a"])


def test_a_name_that_is_made_up_passes_by_those_that_are_written() -> None:
    network = traced(
        {"type": "Tanh", "name": "relu_0"}, "ReLU", {"type": "Tanh", "name": "relu_3"}, "ReLU", "ReLU"
    )
    assert names(network) == ["relu_0", "relu_1", "relu_3", "relu_2", "relu_4"]


def test_a_name_that_is_made_up_passes_by_an_input() -> None:
    spec = {"inputs": {"relu_0": [4, 8, 8]}, "layers": ["ReLU"]}
    assert names(trace(load(spec))) == ["relu_1"]


@pytest.mark.parametrize("aux", [True, False])
def test_a_layer_that_is_left_out_may_read_one_that_is_left_out(aux: bool) -> None:  # noqa: FBT001  parametrised
    head = [
        {"type": "ReLU", "name": "a", "when": "=aux"},
        {"type": "Add", "name": "b", "when": "=aux", "from": ["a", "x"]},
        "Tanh",
    ]
    assert names(traced(*head, aux=aux)) == (["a", "b", "tanh_0"] if aux else ["tanh_0"])


def test_a_layer_that_stays_may_not_read_one_that_is_left_out() -> None:
    with pytest.raises(SpecError, match="'a' is left out here"):
        traced({"type": "ReLU", "name": "a", "when": False}, {"type": "MatMul", "from": ["a", "x"]})


ONE_OF_TWO = (
    {"type": "Sequential", "when": "=bare", "layers": [{"type": "ReLU", "name": "a"}]},
    {"type": "Sequential", "when": "=not bare", "name": "w", "layers": [{"type": "ReLU", "name": "a"}]},
)


@pytest.mark.parametrize("bare", [True, False])
def test_an_output_in_an_unnamed_container_leaves_with_it(bare: bool) -> None:  # noqa: FBT001  parametrised
    network = traced(*ONE_OF_TWO, outputs=["a", "w.a"], bare=bare)
    assert [port.layer for port in network.outputs] == (["a"] if bare else ["w.a"])


def test_a_name_in_an_unnamed_container_may_be_left_out() -> None:
    with pytest.raises(SpecError, match="'a' is left out here"):
        traced(*ONE_OF_TWO, {"type": "MatMul", "from": ["a", "x"]}, bare=False)


@pytest.mark.parametrize("first", [True, False])
def test_a_name_at_two_places_is_that_of_the_one_that_stays(first: bool) -> None:  # noqa: FBT001  parametrised
    layers = [{"type": "ReLU", "name": "a"}]
    places = [{"type": "Sequential", "when": when, "layers": layers} for when in ("=first", "=not first")]
    network = traced(places[0], "Tanh", places[1], {"type": "Add", "from": ["a", "x"]}, first=first)
    assert [port.layer for port in network.layers[-1].inputs] == ["a", "x"]


def test_names_in_an_unnamed_container_that_fails_are_no_further_mistakes() -> None:
    layers = [{"type": "ReLU", "name": "a"}]
    failing = {"type": "Sequential", "when": "=bare", "layers": layers}
    with pytest.raises(SpecError) as caught:
        traced(failing, {"type": "Add", "from": ["a", "x"]}, outputs=["a"], bare=3)
    assert [problem.what for problem in caught.value.problems] == ["when needs true or false, got 3"]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("{image: 3x32x32}", "write image: [3, 32, 32]"),
        ("{image: '3, 32, 32'}", "write image: [3, 32, 32]"),
        ("{image: 784}", "write image: [784]"),
        ("[3, 32, 32]", "write inputs: {x: [3, 32, 32]}"),
        ("3x32x32", "write inputs: {x: [3, 32, 32]}"),
        ("{image: large}", ""),
    ],
)
def test_a_shape_that_is_no_list(written: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        loads(f"inputs: {written}\nlayers: [Flatten]\n")
    assert [problem.hint for problem in caught.value.problems] == [hint]
