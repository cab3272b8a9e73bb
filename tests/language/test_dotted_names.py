"""Dotted names, which put layers into scopes from anywhere, and full names, which begin with ``/``."""

from json import dumps
from typing import TYPE_CHECKING

import pytest

from archcalc import SpecError, load, trace
from archcalc.lookup import layer_meant
from archcalc.render.tree import branches
from archcalc.rules.engine.checking import check_text
from archcalc.tracing.freezing import frozen
from archcalc.tracing.graph import TracedScope
from tests.language.test_names import names, traced

if TYPE_CHECKING:
    from archcalc.tracing import Trace


def linear(name: str, out: object = 8, **keys: object) -> dict[str, object]:
    return {"type": "Linear", "name": name, "out_features": out, **keys}


def scope(name: str, *layers: object, **keys: object) -> dict[str, object]:
    return {"type": "Sequential", "name": name, "layers": list(layers), **keys}


def reads(network: "Trace", name: str) -> list[str]:
    return [str(port) for port in network.by_name[name].inputs]


def told(*layers: object, **keys: object) -> str:
    """What the one error says."""
    with pytest.raises(SpecError) as error:
        traced(*layers, **keys)
    (problem,) = error.value.problems
    return f"{problem.what} | {problem.hint}"


PYRAMID = (
    linear("body.0"),
    linear("body.1"),
    linear("fpn.inner.1"),
    linear("fpn.layer.1"),
    linear("fpn.inner.0", **{"from": "body.0"}),
    {"type": "Add", "name": "fpn.sum", "from": ["fpn.inner.0", "fpn.inner.1"]},
    linear("fpn.layer.0"),
)
"""A feature pyramid: the layers of its scopes take turns."""


def test_layers_stand_in_the_scopes_that_their_names_lead_to() -> None:
    network = traced(*PYRAMID, outputs=["fpn.layer.0", "/fpn.layer.1"])
    assert names(network) == [
        "body.0",
        "body.1",
        "fpn.inner.1",
        "fpn.layer.1",
        "fpn.inner.0",
        "fpn.sum",
        "fpn.layer.0",
    ]
    assert reads(network, "fpn.inner.0") == ["body.0"]
    assert reads(network, "fpn.layer.0") == ["fpn.sum"]
    assert [layer.name for layer in network.inside("fpn.inner")] == ["fpn.inner.1", "fpn.inner.0"]
    assert [str(port) for port in network.outputs] == ["fpn.layer.0", "fpn.layer.1"]
    assert network.scopes == dict.fromkeys(("body", "fpn", "fpn.inner", "fpn.layer"), "scope")


def test_a_scope_of_dotted_names_ends_with_its_last_layer() -> None:
    network = traced(*PYRAMID, linear("head", **{"from": "fpn"}), linear("other", **{"from": "body"}))
    assert reads(network, "head") == ["fpn.layer.0"]
    assert reads(network, "other") == ["body.1"]
    assert str(network.ends["fpn.inner"]) == "fpn.inner.0"
    assert [str(port) for port in network.scope("fpn").enters] == ["body.1", "body.0"]
    assert [str(port) for port in network.scope("fpn").leaves] == ["fpn.layer.0"]


def test_a_scope_that_a_container_or_repeat_has_made_keeps_its_end() -> None:
    network = traced(
        scope("layer1", linear("conv", 4), repeat=2),
        linear("layer1.1.aux", 2),
        linear("head", **{"from": "layer1.1"}),
        linear("layer1.extra"),
    )
    assert names(network) == ["layer1.0.conv", "layer1.1.conv", "layer1.1.aux", "head", "layer1.extra"]
    assert reads(network, "head") == ["layer1.1.conv"]
    assert tuple(network.repeats["layer1"]) == (0, 1)
    assert network.scopes["layer1.1"] == "Sequential"
    assert layer_meant(network, "layer1.1") == "layer1.1.conv"


def test_a_dotted_name_leads_on_from_the_scope_in_which_it_is_written() -> None:
    network = traced(scope("a", linear("b.c"), linear("d", **{"from": "b.c"})), linear("a.b.e"))
    assert names(network) == ["a.b.c", "a.d", "a.b.e"]


def test_a_block_may_take_a_scope_that_dotted_names_have_made() -> None:
    blocks = {"pair": {"layers": [linear("x"), linear("y", **{"from": "x"})]}}
    network = traced(
        linear("stage.aux"),
        {"type": "pair", "name": "stage"},
        linear("z", **{"from": "stage"}),
        blocks=blocks,
    )
    assert names(network) == ["stage.aux", "stage.x", "stage.y", "z"]
    assert network.scopes["stage"] == "pair"
    assert network.uses["stage"].arguments == {}
    assert reads(network, "z") == ["stage.y"]


def test_the_tree_shows_a_scope_again_where_its_layers_go_on_and_counts_it_once() -> None:
    network = traced(*PYRAMID, outputs=["fpn.layer.0", "fpn.layer.1"])
    shown = [(each.of.name, each.level, each.again) for each in branches(network)]
    assert shown == [
        *(("body", 0, False), ("body.0", 1, False), ("body.1", 1, False)),
        *(("fpn", 0, False), ("fpn.inner", 1, False), ("fpn.inner.1", 2, False)),
        *(("fpn.layer", 1, False), ("fpn.layer.1", 2, False)),
        *(("fpn.inner", 1, True), ("fpn.inner.0", 2, False), ("fpn.sum", 1, False)),
        *(("fpn.layer", 1, True), ("fpn.layer.0", 2, False)),
    ]
    for depth in (1, 2, 3):
        folded = [
            layer.name
            for each in branches(network, depth)
            if each.folded or not isinstance(each.of, TracedScope)
            for layer in (each.of.layers if isinstance(each.of, TracedScope) else (each.of,))
        ]
        assert sorted(folded) == sorted(names(network))


LEAF = (linear("conv"), {"type": "ReLU", "name": "conv.act"}, linear("other"), linear("conv.more"))


def test_a_layer_may_have_layers_inside_and_its_name_alone_is_the_layer() -> None:
    network = traced(*LEAF, {"type": "Add", "name": "sum", "from": ["conv", "conv.act"]})
    assert reads(network, "sum") == ["conv", "conv.act"]
    assert [layer.name for layer in network.inside("conv")] == ["conv", "conv.act", "conv.more"]
    assert network.scopes == {"conv": "Linear"}
    assert layer_meant(network, "conv") == "conv"
    shown = [(each.of.name, each.level, each.again) for each in branches(network)]
    assert shown == [
        *(("conv", 0, False), ("conv.act", 1, False), ("other", 0, False)),
        *(("conv", 0, True), ("conv.more", 1, False), ("sum", 0, False)),
    ]
    folded = [(each.of.name, each.folded) for each in branches(network, 1)]
    assert folded == [("conv", True), ("other", False), ("sum", False)]


def test_a_layer_may_come_behind_those_inside() -> None:
    network = traced({"type": "ReLU", "name": "conv.pre"}, linear("conv"), linear("end", **{"from": "conv"}))
    assert reads(network, "end") == ["conv"]
    assert [layer.name for layer in network.inside("conv")] == ["conv.pre", "conv"]
    assert network.scopes == {"conv": "Linear"}
    shown = [(each.of.name, each.level) for each in branches(network)]
    assert shown == [("conv", 0), ("conv.pre", 1), ("conv", 1), ("end", 0)]


@pytest.mark.parametrize("first", ["cell", "inside"])
@pytest.mark.parametrize(
    ("name", "fact"), [("h_n", "an output 'h_n'"), ("bias_hh_l0", "a weight 'bias_hh_l0'")]
)
def test_a_layer_inside_has_no_name_that_the_other_uses_itself(first: str, name: str, fact: str) -> None:
    cell = {"type": "LSTM", "name": "cell", "hidden_size": 8}
    layers = [{**cell, "from": "s"}, {"type": "ReLU", "name": f"cell.{name}", "from": "s"}]
    text = told(
        {"type": "Flatten", "name": "s", "start_dim": 2}, *(layers if first == "cell" else layers[::-1])
    )
    assert text.startswith(f"'cell' (LSTM) has {fact} itself")


def test_freezing_and_budgets_know_all_layers_of_a_scope() -> None:
    network = frozen(traced(*PYRAMID), ["fpn.inner"])
    assert [layer.name for layer in network.layers if layer.frozen] == ["fpn.inner.1", "fpn.inner.0"]
    spec = {"inputs": {"x": [8]}, "layers": [*PYRAMID], "budgets": {"scopes": {"fpn.inner": {"params": 143}}}}
    checked = check_text(dumps(spec), "a.yaml", frozenset({"AC701"}))
    assert [each.message.split(",")[0] for each in checked.findings] == ["144 params"]


# two of one name


def test_two_layers_of_one_name_in_a_scope_are_an_error() -> None:
    text = told(linear("a.b"), scope("a", linear("c")), linear("a.b"))
    assert text.startswith("duplicate name 'b'")
    assert told(scope("a", linear("c")), scope("a", linear("d"))) == (
        "duplicate name 'a', taken on line 1 | "
        "names are unique within a scope; with `reopen: true` it goes on with the one above"
    )
    assert told(linear("a"), scope("a", linear("d"))).startswith("duplicate name 'a'")
    assert told(scope("a", linear("d")), linear("a")).startswith("duplicate name 'a'")


def test_a_container_goes_on_with_a_scope() -> None:
    network = traced(
        scope("a", linear("b"), "ReLU"),
        linear("between"),
        scope("a", linear("c", **{"from": "b"}), "ReLU", reopen=True),
        linear("end", **{"from": "a"}),
    )
    assert names(network) == ["a.b", "a.relu_0", "between", "a.c", "a.relu_1", "end"]
    assert reads(network, "a.c") == ["a.b"]
    assert reads(network, "end") == ["a.relu_1"]
    assert network.scopes == {"a": "Sequential"}
    assert str(network.ends["a"]) == "a.relu_1"


def test_a_container_goes_on_with_the_scope_of_a_block_which_stays_one() -> None:
    blocks = {"pair": {"layers": [linear("x")]}}
    network = traced({"type": "pair", "name": "p"}, scope("p", linear("y"), reopen=True), blocks=blocks)
    assert names(network) == ["p.x", "p.y"]
    assert network.scopes == {"p": "pair"}
    assert network.uses["p"].arguments == {}


def test_what_goes_on_needs_a_scope_that_is_there() -> None:
    entry = scope("b", "ReLU", reopen=True)
    assert told(scope("a", "ReLU"), entry) == "there is no scope 'b' above to go on with | known here: a"
    assert told(linear("b"), linear("b.c"), entry).startswith("there is no scope 'b'")
    again = scope("a", linear("c"), reopen=True, repeat=2)
    assert told(scope("a", "ReLU"), again).startswith("what goes on with a scope has no `repeat`")
    assert told(scope("a", linear("c")), scope("a", linear("c"), reopen=True)).startswith(
        "duplicate name 'c'"
    )


@pytest.mark.parametrize("small", [True, False])
def test_one_name_at_two_places_of_which_one_is_there(small: bool) -> None:  # noqa: FBT001  parametrised
    network = traced(
        linear("head", 4, when="=small"),
        linear("head", 6, when="=not small"),
        linear("a.tail", 4, when="=small"),
        {"type": "Linear", "name": "a.tail", "out_features": 6, "repeat": "=0 if small else 2"},
        {"type": "Add", "from": ["a.tail", "head"]},
        small=small,
    )
    tails = ["a.tail"] if small else ["a.tail.0", "a.tail.1"]
    assert names(network) == ["head", *tails, "add_0"]
    assert reads(network, "add_0") == [tails[-1], "head"]
    assert network.by_name["head"].output.shape[-1] == (4 if small else 6)


def test_one_name_at_two_places_which_are_both_there_or_both_left_out() -> None:
    both = linear("head", when="=wide"), linear("head", when="=deep")
    assert told(*both, wide=True, deep=True).startswith("duplicate name 'head'")
    reader = {"type": "ReLU", "from": "head"}
    assert told(*both, reader, wide=False, deep=False).startswith("layer 'head' is left out here")
    assert told(linear("a.b", when=False), reader | {"from": "a"}).startswith("layer 'a' is left out here")
    network = traced(linear("a", when=False), linear("a.b"))
    assert names(network) == ["a.b"]
    assert told(linear("a", when=False), linear("a.b"), reader | {"from": "a"}).startswith(
        "layer 'a' is left out"
    )
    assert told(linear("a.b"), linear("a", when=False), reader | {"from": "a"}).startswith(
        "layer 'a' is left out"
    )


# full names

SHADOWED = (
    linear("stem", 4),
    scope(
        "enc", linear("stem", 6), linear("last", 4), {"type": "Add", "name": "sum", "from": ["/stem", "last"]}
    ),
)


def test_a_full_name_is_looked_for_from_the_top() -> None:
    network = traced(*SHADOWED, linear("end", **{"from": "/enc.stem"}))
    assert reads(network, "enc.sum") == ["stem", "enc.last"]
    assert reads(network, "end") == ["enc.stem"]


def test_a_full_name_may_be_that_of_a_scope_which_is_not_finished() -> None:
    inner = scope("b", linear("c"), linear("d", **{"from": "/a.b.c"}), linear("e", **{"from": "/a.x"}))
    network = traced(scope("a", linear("x"), inner, repeat=None))
    assert reads(network, "a.b.d") == ["a.b.c"]
    assert reads(network, "a.b.e") == ["a.x"]


def test_full_names_of_inputs_ties_and_all_of_a_repeat() -> None:
    step = scope("s", linear("skip"), repeat=2)
    inner = scope(
        "in",
        linear("x"),
        {"type": "Add", "name": "sum", "from": ["/s.*.skip", "/x"]},
        linear("tied", tie="/s.1.skip"),
    )
    network = traced(step, inner)
    assert reads(network, "in.sum") == ["s.0.skip", "s.1.skip", "x"]
    assert network.by_name["in.tied"].tied == {"weight": "s.1.skip.weight", "bias": "s.1.skip.bias"}


def test_ties_of_dotted_names() -> None:
    network = traced(linear("a.b"), linear("c.d", tie="a.b"), scope("e", linear("b"), tie="a"))
    assert network.by_name["c.d"].tied["weight"] == network.by_name["e.b"].tied["weight"] == "a.b.weight"


def test_errors_name_the_one_that_a_nearer_scope_hides() -> None:
    hidden = {"type": "Add", "name": "sum", "from": ["stem", "last"]}
    text = told(linear("stem", 4), scope("enc", linear("stem", 6), linear("last", 4), hidden))
    assert text.endswith("the one in the scope farther out is /stem")
    deeper = linear("end", **{"from": "stem.out"})
    text = told(scope("stem", linear("out")), scope("enc", linear("stem"), deeper))
    assert text == "'enc.stem' has no layer or output 'out' | the one in the scope farther out is /stem.out"


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("a.bb", "'a' has no layer or output 'bb' | did you mean 'b'?"),
        ("/a.bb", "'a' has no layer or output 'bb' | did you mean 'b'?"),
        ("/aa.b", "unknown name '/aa.b' | did you mean '/a'?"),
        ("a.later", "reads 'a.later', which is not above it: this would be a cycle"),
        ("/a.later", "reads 'a.later', which is not above it: this would be a cycle"),
        ("/end", "reads '/end', which is not above it: this would be a cycle"),
        ("/", "unknown name '/'"),
        ("a.", "'a' has no layer or output ''"),
    ],
)
def test_wrong_dotted_names_in_a_reference(reference: str, text: str) -> None:
    assert told(linear("a.b"), linear("end", **{"from": reference}), linear("a.later")).startswith(text)


def test_a_name_in_its_own_scope_that_is_not_above() -> None:
    inner = linear("x", **{"from": "/a.y"})
    assert told(scope("a", linear("z"), inner)).startswith("'a' has no layer 'y' above")
    assert told(scope("a", inner, linear("y"))).startswith("reads '/a.y', which is not above it")
    assert told(linear("a.b", **{"from": "a"})).startswith("reads 'a', which is not above it")


# names as such


@pytest.mark.parametrize("name", ["0", "0.0.1", "_x.1_a", "1.0", "a-b.c", "input.x", "a.input"])
def test_names_of_torch(name: str) -> None:
    assert names(traced(linear(name), {"type": "ReLU", "name": "end", "from": f"/{name}"})) == [name, "end"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a..b", "a dotted name has a name on both sides of each dot, got 'a..b'"),
        (".a", "a dotted name has a name on both sides of each dot, got '.a'"),
        ("a.b c", "a name has only letters, digits, '_' and '-', at most 100, got 'b c'"),
        ("/a", "a name has only letters, digits, '_' and '-', at most 100, got '/a'"),
        (1.5, "a name is a text, got 1.5: write it in quotes"),
        (".".join(["a"] * 41), "a dotted name leads through at most 40 scopes, got 41"),
        (".".join(["a" * 99] * 5), "a dotted name has at most 400 characters, got 499"),
    ],
)
def test_names_that_are_none(name: object, text: str) -> None:
    assert told({"type": "ReLU", "name": name}).startswith(text)


def test_an_input_may_be_called_input() -> None:
    spec = {
        "inputs": {"other": [4], "input": [4]},
        "layers": [
            {"type": "Add", "name": "sum", "from": ["input", "other"]},
            scope("inner", linear("a"), {"type": "Add", "name": "b", "from": ["input", "/input"]}),
        ],
    }
    network = trace(load(spec))
    assert reads(network, "sum") == ["input", "other"]
    assert reads(network, "inner.b") == ["sum", "input"]


def test_a_layer_called_input_is_told_apart_or_refused() -> None:
    layers = linear("input"), {"type": "ReLU", "name": "end", "from": "/input"}
    assert reads(traced(*layers), "end") == ["input"]
    text = told(linear("input"), {"type": "ReLU", "from": "input"})
    assert text.startswith("'input' is what arrives here, and a layer too | write x for the input")
    inner = scope("a", linear("input"), {"type": "ReLU", "name": "b", "from": "/a.input"})
    assert reads(traced(inner), "a.b") == ["a.input"]
    assert told(linear("x")).startswith("duplicate name 'x'")


def test_an_input_and_a_scope_of_one_name() -> None:
    network = traced(linear("x.0"), {"type": "Add", "name": "sum", "from": ["x", "x.0"]})
    assert reads(network, "sum") == ["x", "x.0"]


# names with values in them


def test_every_turn_of_a_repeat_has_a_name_of_its_own() -> None:
    network = traced(
        linear("enc.layer_{i + 1}", repeat=3),
        {"type": "Add", "name": "sum", "from": ["enc.layer_1", "enc.layer_*"]},
        linear("tail{i}", repeat="=n", when="=i != 1"),
        {"type": "Add", "name": "all", "from": "tail*"},
        n=3,
    )
    assert names(network) == [*(f"enc.layer_{n}" for n in (1, 2, 3)), "sum", "tail0", "tail2", "all"]
    assert reads(network, "enc.layer_3") == ["enc.layer_2"]
    assert reads(network, "sum") == ["enc.layer_1", "enc.layer_1", "enc.layer_2", "enc.layer_3"]
    assert reads(network, "all") == ["tail0", "tail2"]
    assert network.scopes == {"enc": "scope"}
    assert told(linear("t{i}", repeat=2, when="=i > 0"), linear("end", **{"from": "t0"})).startswith(
        "layer 't0' is"
    )


def test_values_in_names_of_what_is_repeated_around_and_in_references() -> None:
    turn = scope("stage{i}", linear("x{i * 2}.{word}"), linear("y", **{"from": "x{i * 2}.{word}"}), repeat=2)
    network = traced(turn, linear("end", tie="stage{n - 1}.y", **{"from": "/stage0.x{0}"}), n=2, word="a")
    assert names(network) == ["stage0.x0.a", "stage0.y", "stage1.x2.a", "stage1.y", "end"]
    assert reads(network, "stage1.y") == ["stage1.x2.a"]
    assert network.by_name["end"].tied["weight"] == "stage1.y.weight"
    assert names(traced(linear("{word}", repeat=2), word="w")) == ["w.0", "w.1"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a{i // 2}", "duplicate name 'a0'"),
        ("a{j}{i}", "unknown name 'j'"),
        ("a{i / 2 + 0.25}", "a name is made of whole numbers and words, got 0.25"),
        ("a{-i}{word}", "a name has only letters"),
        ("a{i > 0}", "a name is made of whole numbers and words, got false"),
        ("a{i +}", "expression 'i +' does not parse"),
        ("a{}", "braces in a name hold an expression, such as {i + 1}, got 'a{}'"),
        ("a{i", "a name has only letters"),
    ],
)
def test_values_that_make_no_names(name: str, text: str) -> None:
    assert text in told(linear(name, repeat=2), word="b c")


def test_patterns_that_nothing_fits() -> None:
    assert told(linear("a"), linear("b", **{"from": "l_*"})).startswith("no layer above fits 'l_*'")
    assert told(linear("a.b"), linear("b", **{"from": "a.l_*"})).startswith("no layer above fits 'a.l_*'")
    later = linear("l_{i}", repeat=2)
    assert told(linear("b", **{"from": "l_1"}), later).startswith("reads 'l_1', which is not above it")


def test_names_in_a_container_without_a_name_that_is_left_out() -> None:
    inner = {"type": "Sequential", "when": False, "layers": [linear("a.b"), linear("l{i}", repeat=2)]}
    for name in ("a.b", "a", "l1"):
        assert told(inner, {"type": "ReLU", "from": name}).startswith("layer '")
    network = traced(linear("x1"), inner, linear("a.b"), linear("l1", **{"from": "a.b"}))
    assert names(network) == ["x1", "a.b", "l1"]


def test_the_field_of_a_scope_is_that_of_its_end() -> None:
    def conv(name: str, kernel: int, **keys: object) -> dict[str, object]:
        return {"type": "Conv2d", "name": name, "out_channels": 4, "kernel_size": kernel, **keys}

    layers = [scope("a", conv("b", 3)), conv("c", 1), conv("a.aux", 5, **{"from": "a"})]
    spec = {
        "inputs": {"x": [4, 8, 8]},
        "layers": layers,
        "outputs": ["c", "a.aux"],
        "budgets": {"scopes": {"a": {"receptive_field": 3}}},
    }
    assert not check_text(dumps(spec), "a.yaml", frozenset({"AC701"})).findings


@pytest.mark.parametrize(
    ("reference", "instead"), [("a.b.again", "a.b.act"), ("/a.b.again", "/a.b.act"), ("a.b.ag{'ain'}", None)]
)
def test_cures_and_fixes_of_layers_with_dotted_names(reference: str, instead: str | None) -> None:
    layers = [
        {"type": "Conv2d", "name": "a.b.conv", "out_channels": 4, "kernel_size": 3},
        {"type": "ReLU", "name": "a.b.act"},
        {"type": "ReLU", "name": "a.b.again"},
        {"type": "Conv2d", "name": "a.conv", "out_channels": 4, "kernel_size": 3, "from": reference},
    ]
    text = dumps({"inputs": {"x": [4, 8, 8]}, "layers": layers})
    checked = check_text(text, "a.yaml", frozenset({"AC306"}), helping=True)
    assert [each.subject for each in checked.findings] == ["a.b.again (ReLU)"]
    assert not checked.fixes
    assert (f"remove it and write from: {instead} in a.conv" in checked.findings[0].hint) == (
        instead is not None
    )
