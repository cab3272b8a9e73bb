"""Formulas in names: with other values put in they are what a fresh trace says."""

import ast
import json
import operator
from typing import TYPE_CHECKING, cast

import pytest

from archcalc import SpecError, load, loads, macs, params, trace
from archcalc.render.formulas import formulas_document, formulas_latex
from archcalc.sizes.factors import factored
from archcalc.sizes.symbols import symbolic
from archcalc.sizes.tape import Tape
from archcalc.sizes.terms import put_in, term_text
from archcalc.solving.formulas import formulas_of
from archcalc.zoo import names
from tests.cli.running import run
from tests.samples import samples
from tests.solving.drawing import RANDOM, drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.facts import Shape
    from archcalc.loading import Model
    from archcalc.solving.formulas import Formulas
    from archcalc.tracing import Trace

OPERATIONS: "Mapping[type[ast.operator], Callable[[int, int], int]]" = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: lambda one, other: one // other,
    ast.Mod: operator.mod,
    ast.Pow: lambda one, other: int(one**other),
}
COMPARISONS: "Mapping[type[ast.cmpop], Callable[[int, int], bool]]" = {
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def value_of(text: object, values: "Mapping[str, int]") -> int:
    """The value of a formula, read by Python's parser."""
    return text if isinstance(text, int) else _value(ast.parse(str(text), mode="eval").body, values)


def _value(node: ast.expr, values: "Mapping[str, int]") -> int:
    if isinstance(node, ast.Constant):
        return int(str(node.value))
    if isinstance(node, ast.Name | ast.Subscript):
        return values[ast.unparse(node)]
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, values)
    if isinstance(node, ast.Compare):
        return int(
            COMPARISONS[type(node.ops[0])](_value(node.left, values), _value(node.comparators[0], values))
        )
    if isinstance(node, ast.Call):
        (inner,) = node.args
        assert isinstance(inner, ast.BinOp)
        return -(-_value(inner.left, values) // _value(inner.right, values))
    assert isinstance(node, ast.BinOp)
    return OPERATIONS[type(node.op)](_value(node.left, values), _value(node.right, values))


def holds(found: "Formulas", values: "Mapping[str, int]") -> bool:
    """Whether the conditions that people are told hold."""
    for text in found.where:
        name, told, bounds = text.partition(" is ")
        if not told:
            if not value_of(text, values):
                return False
            continue
        numbers = [int(word) for word in bounds.split() if word.isdecimal()]
        low = numbers[0] if not bounds.startswith("at most") else None
        high = numbers[-1] if not bounds.startswith("at least") else None
        if (low is not None and values[name] < low) or (high is not None and values[name] > high):
            return False
    return True


def traced_at(model: "Model", values: "Mapping[str, int]") -> "Trace":
    shapes = {
        name: tuple(values.get(f"{name}[{axis}]", size) for axis, size in enumerate(spec.shape))
        for name, spec in model.spec.inputs.items()
    }
    settings = {name: value for name, value in values.items() if "[" not in name}
    return trace(model, settings, cast("dict[str, Shape]", shapes))


def others(found: "Formulas") -> dict[str, int]:
    """Other values of one to three names."""
    chosen = drawn(sorted(found.given), RANDOM.randint(1, 3))
    ways = (1, 2, -1, 8, 16, 32, -8)
    return {
        **found.given,
        **{
            name: max(1, RANDOM.choice((found.given[name] + RANDOM.choice(ways), 2 * found.given[name])))
            for name in chosen
        },
    }


@pytest.mark.parametrize("name", drawn(names(), samples(15)))
def test_formulas_are_fresh_traces_at_other_values(name: str) -> None:
    model = load(name)
    found = formulas_of(model)
    document = json.loads(json.dumps(formulas_document(found)))
    assert value_of(document["totals"]["params"], found.given) == params(name).params
    for _ in range(3):
        values = others(found)
        if not holds(found, values):
            continue
        fresh = traced_at(model, values)
        assert value_of(document["totals"]["params"], values) == params(fresh).params, values
        assert value_of(document["totals"]["macs"], values) == macs(fresh).whole.macs, values
        for layer in drawn(document["layers"], 40):
            told = [value_of(size, values) for size in layer["output_shape"]]
            assert told == list(fresh.layer(layer["name"]).output.shape), (layer["name"], values)


def test_where_the_conditions_end_the_formulas_may() -> None:
    found = formulas_of(
        loads("inputs: {x: [4, 9]}\nlayers: [{type: Conv1d, out_channels: 2, kernel_size: 5, stride: 2}]")
    )
    assert found.where == ("x[1] is at least 5",)
    with pytest.raises(SpecError):
        traced_at(
            loads("inputs: {x: [4, 9]}\nlayers: [{type: Conv1d, out_channels: 2, kernel_size: 5}]"),
            {"x[1]": 4},
        )


def test_resnet18_in_a_line() -> None:
    found = formulas_of(load("resnet18"))
    assert term_text(found.params) == "3136 * image[0] + 513 * classes + 11167104"
    conv = found.layers[0]
    assert [term_text(size) for size in conv.output] == ["64", "ceil(size / 2)", "ceil(size / 2)"]
    assert conv.macs is not None
    assert term_text(conv.macs) == "3136 * image[0] * ceil(size / 2) ** 2"


def test_products_are_found() -> None:
    """What is factored is the same number, as a product where it was made as one."""
    for _ in range(samples(300)):
        tape = Tape()
        values = {name: RANDOM.randint(1, 50) for name in "abc"}
        sizes = {name: tape.give(name, value) for name, value in values.items()}
        number = RANDOM.randint(1, 9)
        for name in drawn("abc", 2):
            number *= sizes[name] + RANDOM.randint(-5, 5)
        number += RANDOM.choice((0, 0, 3)) * sizes["a"]
        asked = {name: RANDOM.randint(1, 50) for name in "abc"}
        texts = [term_text(put_in(term(number), asked)) for term in (factored, symbolic)]
        assert len({value_of(text, {}) for text in texts}) == 1, (texts, values)
    tape = Tape()
    high, wide = tape.give("h", 8), tape.give("w", 9)
    assert term_text(factored(6 * (high - 4) * (wide + 1))) == "6 * (h - 4) * (w + 1)"
    assert term_text(factored(3 * high * wide * wide + 6 * wide)) == "3 * w * (h * w + 2)"
    assert term_text(factored(high * wide - high - 5)) == "h * w - h - 5"


def test_latex_is_mathematics() -> None:
    text = formulas_latex(formulas_of(load("lenet5")), ("output", "params", "macs"))
    assert r"$(N, 6, \mathit{image}_{1} - 4, \mathit{image}_{2} - 4)$" in text
    assert text.count("$") % 2 == 0


@pytest.mark.parametrize("command", ["shapes", "params", "macs"])
def test_commands_tell_formulas(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, command, "resnet18", "--symbolic")
    assert ran.code == 0
    assert ("MACs = " in ran.out) == (command != "params")
    assert ("513 * classes" in ran.out) == (command != "macs")
