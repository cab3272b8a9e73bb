"""What holds for every layer kind: it is frozen and documented, and a spec gives the same layer as Python."""

import ast
import inspect
import sys
from typing import cast

import pytest
import yaml
from hypothesis import given, settings
from pydantic import ValidationError

from archcalc import loads, trace
from archcalc.documentation import field_meanings
from archcalc.errors import SpecError
from archcalc.layers.base import Layer
from archcalc.layers.registry import KINDS, kind
from tests.kinds.drawing import Sample, share_of
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred


def plain(value: object) -> object:
    """The value as YAML has it: lists for tuples."""
    return [plain(item) for item in cast("tuple[object, ...]", value)] if isinstance(value, tuple) else value


def written(name: str, sample: Sample) -> str:
    """A spec with the sample's inputs and one layer that reads them."""
    inputs = {
        f"x{index}": {"shape": list(shape), "dtype": dtype}
        for index, (shape, dtype) in enumerate(sample.arriving)
    }
    arguments = {key: plain(value) for key, value in sample.arguments.items()}
    layer = {"type": name, "name": "layer", **({"from": list(inputs)} if inputs else {}), **arguments}
    spec = {"inputs": inputs or {"x": {"shape": [1]}}, "layers": [layer]}
    return yaml.safe_dump(spec, sort_keys=False)  # pyright: ignore[reportUnknownMemberType]  # untyped width


@pytest.mark.parametrize("name", KINDS)
def test_a_spec_states_what_the_kind_states(name: str) -> None:
    """Written as YAML and read by the loader, a layer has the same facts, or is refused with a place."""

    @given(sample=SAMPLES[name])
    @settings(max_examples=share_of(name, 40), deadline=None, print_blob=True)
    def look(sample: Sample) -> None:
        says_the_same(name, sample)

    look()


def says_the_same(name: str, sample: Sample) -> None:
    """The facts of the traced layer are those of the kind, or both refuse."""
    spec = written(name, sample)
    mine = inferred(name, sample)
    if isinstance(mine, str):
        with pytest.raises(SpecError) as caught:
            trace(loads(spec))
        for problem in caught.value.problems:
            assert problem.place.line > 0
            assert problem.what
        return
    (layer,) = trace(loads(spec)).layers
    assert layer.facts == mine
    assert layer.type == name


@pytest.mark.parametrize("name", KINDS)
def test_a_layer_is_frozen_and_equal_to_its_own_dump(name: str) -> None:
    @given(sample=SAMPLES[name])
    @settings(max_examples=share_of(name, 20, 4), deadline=None, print_blob=True)
    def look(sample: Sample) -> None:
        is_frozen(name, sample)

    look()


def is_frozen(name: str, sample: Sample) -> None:
    """No field can be set, and the record is made of its own dump."""
    cls = kind(name)
    try:
        layer = cls.model_validate(sample.arguments)
    except ValidationError:
        return
    assert cls.model_validate(layer.model_dump()) == layer
    assert hash(layer) == hash(cls.model_validate(layer.model_dump()))
    for field in cls.model_fields or ("anything",):
        with pytest.raises(ValidationError):
            setattr(layer, field, None)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_and_its_fields_are_documented(name: str) -> None:
    cls = kind(name)
    assert issubclass(cls, Layer)
    assert cls.__doc__, "a kind says what it is in its first line"
    assert cls.__doc__ != cls.__mro__[1].__doc__, "and not only what its family is"
    assert cls.__doc__.splitlines()[0].endswith(".")
    assert field_meanings(cls).keys() == cls.model_fields.keys()
    assert cls.infer.__doc__
    assert "->" in cls.infer.__doc__, "infer says which shape becomes which"


FAMILIES = sorted({kind(name).__module__ for name in KINDS})


def any_names(source: str) -> list[int]:
    """Lines of a source that name ``Any``, imported under whatever name."""
    found: list[int] = []
    for node in ast.walk(ast.parse(source)):
        names = (
            {node.id}
            if isinstance(node, ast.Name)
            else {node.attr}
            if isinstance(node, ast.Attribute)
            else {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom)
            else {node.value}
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            else set[str]()
        )
        if "Any" in names:
            found.append(cast("ast.stmt", node).lineno)
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_no_annotation_is_any(family: str) -> None:
    assert any_names(inspect.getsource(sys.modules[family])) == []


def test_the_look_for_any_can_fail() -> None:
    assert any_names("from typing import Any as Free") == [1]
    assert any_names("x: list['Any']") == [1]
    assert any_names("import typing\nx: typing.Any") == [2]
