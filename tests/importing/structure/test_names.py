"""Names that are hard to write: scopes that are left and entered again, and names that hide others."""

from archcalc.facts import Tensor
from archcalc.importing.program import Program, Read, Step
from archcalc.importing.structure import structured
from archcalc.loading import load
from archcalc.tracing import Trace, trace

LINEAR = {"out_features": 8}


def layer(name: str, *reads: int | str, kind: str = "Linear", **arguments: object) -> Step:
    """A step from its full name (an operator's ends with a dot) and the numbers of what it reads."""
    *scope, own = name.split(".")
    read = tuple(Read(each) if isinstance(each, int) else Read(None, each) for each in reads)
    own_arguments = LINEAR if kind == "Linear" else {}
    return Step(kind, {**own_arguments, **arguments}, read, tuple(scope), own or None)


def program(*steps: Step, outputs: tuple[int, ...] = (-1,), inputs: tuple[str, ...] = ("x",)) -> Program:
    """A network of linear maps on 8 features."""
    leaving = tuple(Read(number % len(steps)) for number in outputs)
    return Program("net", {name: Tensor((8,)) for name in inputs}, steps, leaving)


def traced(net: Program) -> tuple[Trace, dict[str, list[str]]]:
    """The trace of the text, and what each layer reads."""
    found = trace(load(structured(net, readable=False).data))
    return found, {each.name: [str(port) for port in each.inputs] for each in found.layers}


def test_a_scope_that_is_left_and_entered_again_keeps_its_names() -> None:
    net = program(layer("a.one", "x"), layer("b.one", 0), layer("a.two", 1), layer("b.two", 2))
    _, reads = traced(net)
    assert reads == {"a.one": ["x"], "b.one": ["a.one"], "a.two": ["b.one"], "b.two": ["a.two"]}


def test_a_name_that_a_nearer_scope_has_too_is_read_from_the_top() -> None:
    """Inside of ``a.b`` the name ``c`` is another layer; scope ``a`` is still open."""
    net = program(layer("a.c", "x"), layer("a.d", 0), layer("a.b.c", 1), layer("a.b.e", 0), layer("a.b.f", 3))
    _, reads = traced(net)
    assert reads["a.b.e"] == ["a.c"]
    assert reads["a.b.c"] == ["a.d"]


def test_a_module_that_is_called_twice_is_one_layer_and_a_tie() -> None:
    again = Step("Linear", LINEAR, (Read(0),), ("a",), "one", tie="a.one")
    found, _ = traced(program(layer("a.one", "x"), again, layer("a.two", 1)))
    assert [each.name for each in found.layers] == ["a.one", "a.one_1", "a.two"]
    assert dict(found.layers[1].tied) == {"weight": "a.one.weight", "bias": "a.one.bias"}


def test_an_activation_that_is_called_twice_is_named_once() -> None:
    net = program(layer("act", "x", kind="ReLU"), layer("fc", 0), layer("act", 1, kind="ReLU"))
    found, _ = traced(net)
    assert [each.name for each in found.layers] == ["act", "fc", "relu_1"]


def test_a_name_like_an_automatic_one_is_the_module_s() -> None:
    net = program(layer("", "x", kind="ReLU"), layer("relu_0", 0, kind="ReLU"), layer("fc", 1))
    found, reads = traced(net)
    assert reads == {"relu": ["x"], "relu_0": ["relu"], "fc": ["relu_0"]}
    assert found.layers[1].name == "relu_0"


def test_several_inputs_and_outputs_are_named_where_they_are_read() -> None:
    net = program(
        layer("f.one", "x"),
        layer("f.two", "y"),
        layer("f.", 0, 1, kind="Add"),
        layer("f.three", 2),
        outputs=(2, 3),
        inputs=("x", "y"),
    )
    found, reads = traced(net)
    assert reads["f.two"] == ["y"]
    assert reads["f.add"] == ["f.one", "f.two"]
    assert [str(port) for port in found.outputs] == ["f.add", "f.three"]


def test_a_layer_and_a_scope_of_one_name_stand_side_by_side() -> None:
    net = program(layer("a", "x"), layer("a.inner", 0), layer("a.other", 1), layer("b", 2))
    _, reads = traced(net)
    assert reads == {"a": ["x"], "a.inner": ["a"], "a.other": ["a.inner"], "b": ["a.other"]}


def test_a_network_s_input_gives_way_to_a_layer_of_its_name() -> None:
    net = program(layer("y", "x"), layer("x", "x"), layer("", 0, 1, kind="Add"))
    found, reads = traced(net)
    assert list(found.inputs) == ["x_input"]
    assert reads["x"] == ["x_input"]


def test_a_module_that_is_called_input_is_told_apart_from_what_arrives() -> None:
    net = program(
        layer("a.input", "x"), layer("a.b.one", 0), layer("a.b.", "x", 1, kind="Add"), layer("a.two", 0)
    )
    _, reads = traced(net)
    assert reads["a.b.add_0"] == ["x", "a.b.one"]
    assert reads["a.two"] == ["a.input"]


def test_layers_along_an_axis_stand_in_a_container() -> None:
    """Checked as data: the container itself has tests of its own."""
    one = Step("Linear", LINEAR, (Read(None, "x"),), (), "one", mapped=2)
    two = Step("Linear", LINEAR, (Read(0),), (), "two", mapped=2)
    data = structured(program(one, two, layer("three", 1)), readable=False).data
    inner = {
        "type": "Vmap",
        "layers": [{"type": "Linear", "name": name, **LINEAR} for name in ("one", "two")],
    }
    assert data["layers"] == [
        {"type": "Vmap", "layers": [inner]},
        {"type": "Linear", "name": "three", **LINEAR},
    ]
