"""``NamedTuple`` as Python's own, at a fraction of its price: a command makes some sixty classes of them.

Python's own writes and compiles ``__new__`` for each class, and most make no tuple while a command runs. Here
it is written when the first tuple of a class is made.
"""

from collections import _tuplegetter  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]  # Python's own reads fields with it
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414  to checkers it is Python's own

NEW = cast("Callable[..., Any]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType]  # of any tuple
"""What makes a tuple of a class from its values."""
MADE = {"_fields", "_field_defaults", "__new__", "__slots__"}
"""What a class is given, and cannot write itself."""


class _Named(tuple[Any, ...]):
    """What all named tuples have."""

    __slots__ = ()
    if TYPE_CHECKING:
        _fields: tuple[str, ...]

    @classmethod
    def _make(cls, iterable: "Iterable[object]") -> "_Named":
        """One of these values, in their order."""
        made: _Named = NEW(cls, iterable)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **values: object) -> "_Named":
        """The same, with other values of some fields."""
        made: _Named = NEW(type(self), map(values.pop, self._fields, self))
        if values:
            raise ValueError(f"Got unexpected field names: {list(values)!r}")
        return made

    def _asdict(self) -> dict[str, object]:
        """Field -> value."""
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({values})"

    def __getnewargs__(self) -> tuple[object, ...]:
        return tuple(self)


class _New:
    """Stands for the ``__new__`` of a class until it is first asked for."""

    __slots__ = ("defaults", "record")

    def __init__(self, record: type[_Named], defaults: tuple[object, ...]) -> None:
        self.record = record
        self.defaults = defaults

    def __get__(self, _instance: object, _owner: type) -> object:
        given = ", ".join(cast("tuple[str, ...]", vars(self.record)["_fields"]))
        text = f"lambda _cls, {given}: _new(_cls, ({given},))"
        new = eval(text, {"_new": NEW, "__name__": self.record.__module__})  # noqa: S307  names in files of this package
        new.__defaults__ = self.defaults
        new.__name__, new.__qualname__ = "__new__", f"{self.record.__name__}.__new__"
        new.__annotations__ = dict(self.record.__annotations__)
        type.__setattr__(self.record, "__new__", staticmethod(new))
        return new


class _Making(type):
    """Makes a named tuple of a class that is written below ``NamedTuple``."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, object]) -> type:
        if not bases:
            return super().__new__(cls, name, bases, space)
        types: dict[str, object] = space.get("__annotations__", {})  # type: ignore[assignment]
        for taken in MADE & set(space):
            raise AttributeError(f"Cannot overwrite NamedTuple attribute {taken}")
        defaults = {field: space[field] for field in types if field in space}
        getters: dict[str, object] = {field: _tuplegetter(place, "") for place, field in enumerate(types)}
        fields = tuple(types)
        space.setdefault("__doc__", f"{name}({', '.join(fields)})")
        made = {"__slots__": (), "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
        record = type(name, (_Named,), {**space, **made, **getters})
        record.__new__ = _New(record, tuple(defaults.values()))  # type: ignore[method-assign, assignment]
        return record


if not TYPE_CHECKING:

    class NamedTuple(metaclass=_Making):
        """Python's base of this name, as far as records here use it: fields with types, defaults, methods."""
