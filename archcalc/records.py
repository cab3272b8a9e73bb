"""``dataclass`` as Python's own, at a fraction of its price: a command makes some hundred classes of records.

Python's own writes and compiles up to eight methods for each class, and most are never called. Here
``__init__`` is written when more than a few records of a class are made; the others need no writing.
"""

import dataclasses
import operator
import sys
from dataclasses import MISSING, FrozenInstanceError, fields
from operator import attrgetter
from reprlib import recursive_repr
from types import MemberDescriptorType, MethodType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  to checkers it is Python's own

    Values = Callable[[Any], tuple[object, ...]]
    Relation = Callable[[Any, Any], bool]

FEW = 12
"""Records of a class that are made before its ``__init__`` is written."""
ORDER = {"__lt__": operator.lt, "__le__": operator.le, "__gt__": operator.gt, "__ge__": operator.ge}


def _dataclass(
    cls: type | None = None,
    *,
    frozen: bool = False,
    slots: bool = False,
    eq: bool = True,
    order: bool = False,
    repr: bool = True,  # noqa: A002  as Python's own calls it
    kw_only: bool = False,
) -> "type | Callable[[type], type]":
    """Python's decorator of this name, as far as records here use it."""
    bare = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)

    def made(written: type) -> type:
        written.__doc__ = written.__doc__ or written.__name__  # Python's own looks for a signature otherwise
        record = cast("type", bare(written))
        _add(record, "__init__", _Init(record, frozen=frozen))
        if repr:
            _add(record, "__repr__", _told)
        if frozen:
            _freeze(record)
        if eq:
            _compare(record, frozen=frozen, order=order)
        return record

    return made if cls is None else made(cls)


if not TYPE_CHECKING:
    dataclass = _dataclass


def _add(record: type, name: str, method: object) -> None:
    """Give a class a method, where it has none of its own."""
    if name not in record.__dict__:
        setattr(record, name, method)


class _Init:
    """Stands for the ``__init__`` of a class until it has been asked for more than a few times.

    To write and compile one takes as long as to make a hundred records without it, and of most classes a
    command makes fewer.
    """

    __slots__ = ("_asked", "_fields", "_frozen", "_named", "_placed", "_record")

    def __init__(self, record: type, *, frozen: bool) -> None:
        self._record, self._frozen, self._asked = record, frozen, 0
        self._fields: list[Field[Any]] = []
        self._named: frozenset[str] = frozenset()
        """Fields of which a value is given, and in ``_placed`` those of them that need no name with it."""
        self._placed: list[str] = []

    def __get__(self, instance: object, _owner: type | None = None) -> object:
        self._asked += 1
        if instance is None or self._asked > FEW:
            init = self._written()
            return init if instance is None else MethodType(init, instance)
        if not self._fields:
            self._fields = _kept(self._record)
            given = [field for field in self._fields if field.init]
            self._named = frozenset(field.name for field in given)
            self._placed = [field.name for field in given if not field.kw_only]
        return MethodType(self._begin, instance)

    def _written(self) -> "Callable[..., None]":
        init = _written_init(self._record, frozen=self._frozen)
        type.__setattr__(self._record, "__init__", init)
        return init

    def _begin(self, record: Any, /, *values: object, **named: object) -> None:  # noqa: ANN401  any record
        """Give a record its values; the one that is written refuses what does not fit."""
        found = {**dict(zip(self._placed, values, strict=False)), **named}
        fits = len(found) == len(values) + len(named) and self._named.issuperset(found)
        for field in self._fields if fits else ():
            if field.name not in found and field.default_factory is not MISSING:
                found[field.name] = field.default_factory()
            elif field.name not in found and field.default is not MISSING:
                found[field.name] = field.default
        if not fits or len(found) < len(self._fields):
            self._written()(record, *values, **named)
            return
        keep = object.__setattr__ if self._frozen else setattr
        for name, value in found.items():
            keep(record, name, value)
        if hasattr(record, "__post_init__"):
            record.__post_init__()


def _kept(record: type) -> "list[Field[Any]]":
    """The fields to which ``__init__`` gives a value."""
    slotted = "__slots__" in record.__dict__
    return [field for field in fields(record) if field.init or _begins_with(field, slotted=slotted)]


def _written_init(record: type, *, frozen: bool) -> "Callable[..., None]":
    """``__init__`` of a class: a parameter for each field, whose value is kept under its name."""
    known: dict[str, object] = {"_left_out": MISSING}
    parameters: list[str] = []
    lines: list[str] = []
    if frozen and "__slots__" not in record.__dict__:
        lines.append("_own = self.__dict__")
    kept = _kept(record)
    for field in sorted(kept, key=attrgetter("kw_only")):
        if field.kw_only and "*" not in parameters:
            parameters.append("*")
        value = _given(field, known, parameters)
        lines.append(_keeping(record, field.name, value, known) if frozen else f"self.{field.name} = {value}")
    if hasattr(record, "__post_init__"):
        lines.append("self.__post_init__()")
    init = _function(record, f"__init__({', '.join(('self', *parameters))})", lines or ["pass"], known)
    init.__annotations__ = {field.name: field.type for field in kept if field.init} | {"return": None}
    return init


def _begins_with(field: "Field[Any]", *, slotted: bool) -> bool:
    """Whether a field has a value at first that is neither given nor found on the class."""
    return field.default_factory is not MISSING or (slotted and field.default is not MISSING)


def _given(field: "Field[Any]", known: dict[str, object], parameters: list[str]) -> str:
    """What ``__init__`` is given for a field; its parameter and its default come to those of the others."""
    name = field.name
    if field.default_factory is not MISSING:
        # Of ``dict[str, int]`` it is ``dict`` that makes one, in a fifth of the time.
        known[f"_new_{name}"] = getattr(field.default_factory, "__origin__", field.default_factory)
        if not field.init:
            return f"_new_{name}()"
        parameters.append(f"{name}=_left_out")
        return f"_new_{name}() if {name} is _left_out else {name}"
    if field.default is MISSING:
        parameters.append(name)
        return name
    known[f"_default_{name}"] = field.default
    if not field.init:
        return f"_default_{name}"
    parameters.append(f"{name}=_default_{name}")
    return name


def _keeping(record: type, name: str, value: str, known: dict[str, object]) -> str:
    """How a frozen record keeps a value: straight in its slot or dict, which is faster than by its name."""
    slot = getattr(record, name, None)
    if not isinstance(slot, MemberDescriptorType):
        return f"_own[{name!r}] = {value}"
    known[f"_slot_{name}"] = slot.__set__
    return f"_slot_{name}(self, {value})"


def _function(record: type, head: str, lines: list[str], known: dict[str, object]) -> "Callable[..., None]":
    """A method from its text, which is made of names in files of this package and of nothing else."""
    name = head.partition("(")[0]
    body = "\n  ".join(lines)
    text = f"def written({', '.join(known)}):\n def {head}:\n  {body}\n return {name}"
    found: dict[str, Callable[..., Callable[..., None]]] = {}
    exec(text, vars(sys.modules[record.__module__]), found)  # noqa: S102  as said
    method = found["written"](**known)
    method.__qualname__ = f"{record.__qualname__}.{name}"
    return method


@recursive_repr()
def _told(self: Any) -> str:  # noqa: ANN401  any record
    values = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.repr)
    return f"{type(self).__qualname__}({values})"


def _freeze(record: type) -> None:
    names = frozenset(field.name for field in fields(record))

    def set_(self: object, name: str, value: object) -> None:
        if type(self) is record or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def delete(self: object, name: str) -> None:
        if type(self) is record or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    _add(record, "__setattr__", set_)
    _add(record, "__delattr__", delete)
    if "__slots__" in record.__dict__:  # pickle would set them by their names
        _add(record, "__getstate__", _state)
        _add(record, "__setstate__", _restore)


def _state(self: Any) -> list[object]:  # noqa: ANN401  any record
    return [getattr(self, field.name) for field in fields(self)]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401  any record
    for field, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def _compare(record: type, *, frozen: bool, order: bool) -> None:
    compared = [field for field in fields(record) if field.compare]
    values = _values([field.name for field in compared])
    own = record.__dict__
    has_hash = own.get("__hash__") is not None or ("__hash__" in own and "__eq__" not in own)

    def equal(self: object, other: object) -> bool:
        return self is other or (
            values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented
        )

    _add(record, "__eq__", equal)
    for name, relation in ORDER.items() if order else ():
        _add(record, name, _ordering(relation, values))
    if not has_hash:
        hashed = _values([field.name for field in compared if field.hash in (None, True)])
        type.__setattr__(record, "__hash__", _hashing(hashed) if frozen else None)


def _ordering(relation: "Relation", values: "Values") -> "Relation":
    def compared(self: object, other: object) -> bool:
        return relation(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return compared


def _hashing(values: "Values") -> "Callable[[object], int]":
    return lambda self: hash(values(self))


def _values(names: list[str]) -> "Values":
    """What gives the values of these fields, together."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)
