"""Named tuples are Python's, seen from outside: the same questions to both, the same answers."""

import copy
import inspect
import pickle
import re
import types
import typing
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from archcalc import tuples
from archcalc.analyses.fields import AxisField
from archcalc.analyses.spans import POINT
from archcalc.analyses.stepping import Track
from tests.test_records import said


def written(base: Any) -> Any:  # noqa: ANN401  a class
    """A named tuple of all kinds of fields, with a method, a property and words of its own."""

    class Point(base):  # type: ignore[misc]
        """A point."""

        x: int
        label: "str" = "none"
        tags: tuple[str, ...] = ()

        @property
        def named(self) -> str:
            return f"{self.label} at {self.x}"

        def moved(self, by: int) -> Any:  # noqa: ANN401  of its own class
            return self._replace(x=self.x + by)

        def __str__(self) -> str:
            return "a point"

    return Point


def alone(base: Any) -> Any:  # noqa: ANN401  a class
    class Alone(base):  # type: ignore[misc]
        x: int

    return Alone


QUESTIONS: "dict[str, typing.Callable[[Any], object]]" = {
    "whole": lambda make: tuple(make(1, "a", ("b",))),
    "defaults": lambda make: tuple(make(1)),
    "by name": lambda make: tuple(make(label="a", x=2)),
    "words": lambda make: (repr(make(1)), str(make(1))),
    "equal": lambda make: (make(1) == make(1), make(1) == make(2), make(1) == (1, "none", ())),
    "hash": lambda make: hash(make(1)) == hash((1, "none", ())),
    "order": lambda make: make(1) < make(2),
    "fields": lambda make: (make._fields, make._field_defaults, make.__match_args__),
    "read": lambda make: (make(1).x, make(1)[0], make(1).label, make(1).tags),
    "methods": lambda make: (make(1).named, make(1).moved(2)),
    "nothing given": lambda make: make(),
    "too much": lambda make: make(1, "a", (), 4),
    "a name that is none": lambda make: make(1, y=2),
    "twice": lambda make: make(1, x=2),
    "set": lambda make: setattr(make(1), "x", 2),
    "another": lambda make: setattr(make(1), "y", 2),
    "as a dict": lambda make: make(1)._asdict(),
    "made": lambda make: (make._make([1, "a", ()]), type(make._make([1, "a", ()])) is make),
    "made of too few": lambda make: make._make([1]),
    "replaced": lambda make: make(1)._replace(label="b"),
    "replaced wrongly": lambda make: make(1)._replace(y=2),
    "signature": lambda make: [
        (each.name, each.kind, each.default) for each in inspect.signature(make).parameters.values()
    ],
    "hints": get_type_hints,
    "has a dict": lambda make: hasattr(make(1), "__dict__"),
    "copied": lambda make: (copy.copy(make(1)), copy.deepcopy(make(1))),
    "name": lambda make: (make.__name__, make.__qualname__, make.__module__, make.__doc__.replace(",)", ")")),
    "new": lambda make: (make.__new__.__name__, make.__new__.__qualname__),
    "below": lambda make: repr(type("Below", (make,), {})(3)),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("write", [written, alone])
def test_a_named_tuple_answers_as_python_s_does(write: "typing.Callable[[Any], Any]", question: str) -> None:
    ask = QUESTIONS[question]
    own, python = write(tuples.NamedTuple), write(typing.NamedTuple)
    assert said(lambda: ask(own)) == said(lambda: ask(python))


@pytest.mark.parametrize("name", ["_fields", "__new__", "__slots__", "_field_defaults"])
def test_what_is_made_cannot_be_written(name: str) -> None:
    with pytest.raises(AttributeError, match=f"Cannot overwrite NamedTuple attribute {name}"):
        types.new_class("Wrong", (tuples.NamedTuple,), exec_body=lambda space: space.update({name: ()}))


def test_nothing_is_written_before_it_is_needed() -> None:
    own, python = written(tuples.NamedTuple), written(typing.NamedTuple)
    assert not isinstance(own.__dict__["__new__"], staticmethod)
    assert callable(python.__dict__["__new__"])
    own(1)
    assert isinstance(own.__dict__["__new__"], staticmethod)


def test_they_go_to_other_processes() -> None:
    track = Track(AxisField(0, 9, POINT))
    assert pickle.loads(pickle.dumps(track)) == track  # noqa: S301  its own
    assert type(pickle.loads(pickle.dumps(track))) is Track  # noqa: S301  its own


def test_the_package_makes_them_in_no_other_way() -> None:
    files = Path(tuples.__file__).parent.rglob("*.py")
    theirs = re.compile(r"^ *from typing import .*\bNamedTuple\b", re.MULTILINE)
    found = [path.name for path in files if theirs.search(path.read_text(encoding="utf-8"))]
    assert found == ["tuples.py"], "from archcalc.tuples import NamedTuple"
