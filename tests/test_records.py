"""Records are Python's dataclasses, seen from outside: the same questions to both, the same answers."""

import copy
import dataclasses
import inspect
import pickle
import re
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_type_hints

import pytest

from archcalc import records
from archcalc.facts import Tensor, Window
from archcalc.tracing.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONS: "dict[str, dict[str, bool]]" = {
    "frozen": {"frozen": True, "slots": True},
    "frozen, no slots": {"frozen": True},
    "slots": {"slots": True},
    "plain": {},
    "ordered": {"frozen": True, "slots": True, "order": True},
    "as objects": {"frozen": True, "slots": True, "eq": False},
    "by name": {"frozen": True, "kw_only": True},
    "without words": {"frozen": True, "slots": True, "repr": False},
}


def classes(make: "Callable[..., Any]", options: "dict[str, bool]") -> "tuple[Any, Any]":
    """A record of all kinds of fields, and one below it with a field more and its own ``__repr__``."""

    @make(**options)
    class Point:
        """A point."""

        x: int
        tags: "list[str]" = field(default_factory=list["str"])
        label: str = "none"
        seen: int = field(default=0, compare=False, repr=False)

    @make(**options)
    class Marked(Point):
        """A point with a mark."""

        mark: "int | None" = None
        twice: int = field(init=False, default=2)

        def __repr__(self) -> str:
            return f"at {self.x}"

    return Point, Marked


def said(ask: "Callable[[], object]") -> object:
    """What comes of it: the value, or the error and its words."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  whatever it is, it must be the same
        return type(error), str(error)


QUESTIONS: "dict[str, Callable[[Any], object]]" = {
    "values": lambda make: [getattr(make(x=1, label="a"), each) for each in ("x", "tags", "label", "seen")],
    "by place": lambda make: [getattr(make(1, [], "a", 3), each) for each in ("x", "tags", "label", "seen")],
    "too few": lambda make: make(),
    "too many": lambda make: make(1, [], "a", 3, None, 2, 7),
    "unknown": lambda make: make(x=1, y=2),
    "words": lambda make: "object at" if " at 0x" in (told := repr(make(x=1, tags=["a"]))) else told,
    "its own list": lambda make: make(x=1).tags is make(x=1).tags,
    "equal": lambda make: make(x=1, seen=1) == make(x=1, seen=2),
    "unequal": lambda make: make(x=1) == make(x=2),
    "itself": lambda make: (one := make(x=float("nan"))) == copy.copy(one),
    "of another class": lambda make: make(x=1) == 1,
    "hash": lambda make: len({*map(hash, [make(x=1, tags=()), make(x=1, tags=())])}),
    "hash of another": lambda make: len({*map(hash, [make(x=1, tags=(), seen=1), make(x=2, tags=())])}),
    "hash of a list": lambda make: type(hash(make(x=1))),
    "less": lambda make: make(x=1) < make(x=2),
    "sorted": lambda make: [each.x for each in sorted((make(x=3), make(x=1), make(x=2)))],
    "less than another": lambda make: make(x=1) <= 1,
    "set": lambda make: setattr(make(x=1), "x", 2),
    "set another": lambda make: isinstance(said(lambda: setattr(make(x=1), "y", 2)), tuple),
    "delete": lambda make: delattr(make(x=1), "x"),
    "replaced": lambda make: replace(make(x=1, tags=["a"]), label="b").label,
    "replaced wrongly": lambda make: replace(make(x=1), y=2),
    "as a dict": lambda make: asdict(make(x=1, tags=["a"])),
    "fields": lambda make: [(each.name, each.type, each.compare, each.kw_only) for each in fields(make)],
    "is one": lambda make: (is_dataclass(make), is_dataclass(make(x=1))),
    "matched": lambda make: make.__match_args__,
    "signature": lambda make: [
        (each.name, each.kind) for each in inspect.signature(make).parameters.values()
    ],
    "hints": lambda make: get_type_hints(make.__init__),
    "has a dict": lambda make: hasattr(make(x=1), "__dict__"),
    "copied": lambda make: copy.deepcopy(make(x=1, tags=["a"])).tags,
    "name": lambda make: (make.__name__, make.__qualname__, make.__init__.__qualname__, make.__doc__),
}


@pytest.mark.parametrize("few", [0, 1, 12], ids=["written", "first", "not written"])
@pytest.mark.parametrize("which", [0, 1], ids=["above", "below"])
@pytest.mark.parametrize("options", OPTIONS)
def test_a_record_answers_as_a_dataclass_does(
    options: str, which: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "FEW", few)
    for question, ask in QUESTIONS.items():
        own = classes(records.dataclass, OPTIONS[options])[which]
        python = classes(dataclasses.dataclass, OPTIONS[options])[which]
        ours, theirs = said(lambda ask=ask, own=own: ask(own)), said(lambda ask=ask, own=python: ask(own))  # type: ignore[misc]
        assert ours == theirs, question


def test_python_s_own_is_not_what_it_is_compared_with_by_mistake() -> None:
    own, _ = classes(records.dataclass, {})
    python, _ = classes(dataclasses.dataclass, {})
    assert "__init__" in own.__dict__
    assert inspect.isfunction(python.__dict__["__init__"])
    for index in range(records.FEW):
        assert own(index).x == index
        assert not inspect.isfunction(own.__dict__["__init__"]), "of a few records none is written"
    assert own(records.FEW).x == records.FEW
    assert inspect.isfunction(own.__dict__["__init__"])


@pytest.mark.parametrize("few", [0, 12], ids=["written", "not written"])
@pytest.mark.parametrize("options", OPTIONS)
def test_what_is_done_behind_the_values_is_done_once(
    options: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "FEW", few)

    def made(make: "Callable[..., Any]") -> object:
        @make(**OPTIONS[options])
        class Circle:
            size: int
            twice: int = field(init=False)

            def __post_init__(self) -> None:
                object.__setattr__(self, "twice", 2 * self.size)

        circle: Any = Circle
        return repr(circle(size=3)), circle(size=4).twice

    def plain(make: "Callable[..., Any]") -> object:
        told, twice = cast("tuple[str, int]", made(make))
        return re.sub(r"0x\w+", "", told), twice

    assert plain(records.dataclass) == plain(dataclasses.dataclass)


@pytest.mark.parametrize("record", [Window(3, 2), Tensor((3, 8)), Ledger])
def test_records_go_to_other_processes(record: object) -> None:
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301  its own


def test_the_package_makes_no_records_in_another_way() -> None:
    files = Path(records.__file__).parent.rglob("*.py")
    theirs = re.compile(r"^ *from dataclasses import .*\bdataclass\b", re.MULTILINE)
    found = [path.name for path in files if theirs.search(path.read_text(encoding="utf-8"))]
    assert found == ["records.py"], "from archcalc.records import dataclass"


def test_slots_of_what_is_frozen_cannot_be_set() -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'kernel'"):
        Window(3).kernel = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  # that is what is tried
