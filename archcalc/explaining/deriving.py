"""From a number that remembers to its formula, in names and with the numbers put in."""

from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, cast

from archcalc.explaining.records import Calculated, Derived
from archcalc.explaining.simplifying import simplified
from archcalc.explaining.sources import source_of
from archcalc.sizes.size import Size, plain
from archcalc.sizes.tape import Tape
from archcalc.sizes.terms import Operation, names_of_term, operation, put_in, term_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archcalc.explaining.records import FormulaSource
    from archcalc.sizes.calls import Call
    from archcalc.sizes.terms import Term

MAX_SAFE = 10_000
MAX_OPERATIONS = 40
"""Of a formula that people can still read; of a longer one the parts that functions made are numbers."""


class NamedNumbers:
    """Numbers that formulas call by a name: those that were given, and those that are explained above.

    Args:
        given: the first of them.
        owner: who calculates where no function of ``archcalc.formulas`` does.
    """

    def __init__(self, given: "Iterable[tuple[str, int]]", owner: "FormulaSource | None" = None) -> None:
        self._owner = owner
        self._numbers: list[int] = []
        """Kept, so that no other number gets the place of one of them."""
        self.names: dict[int, str] = {}
        self.values: dict[str, int] = {}
        for name, number in given:
            self.add(name, number)

    def add(self, name: str, number: int) -> None:
        """Give a number a name; the first one that it gets stays."""
        if isinstance(number, Size) and id(number) not in self.names:
            self._numbers.append(number)
            self.names[id(number)] = name
            self.values[name] = plain(number)

    def derived(self, number: int) -> Derived:
        """How a number came about, from the formula that made it or from what has a name."""
        if not isinstance(number, Size) or id(number) in self.names:
            return self.written(self.names.get(id(number), plain(number)))
        again = None if number.call is None else _called_again(number.call.outermost, plain(number))
        if number.call is None or again is None:
            return self._calculated(number)
        return replace(again, given=tuple(self._given(number.call.outermost, again.symbols)))

    def written(self, symbols: "Term") -> Derived:
        """A formula in the names, and with their numbers."""
        told = simplified(symbols)
        return Derived(told, put_in(told, self.values))

    def term(self, number: int) -> "Term":
        """A number in the names, however long."""
        return _Walk(self.names, MAX_SAFE).term(number)

    def _given(self, call: "Call", formula: "Term") -> "Iterator[Calculated]":
        """What a formula was given that has no name here, but was calculated of what has."""
        named = set(names_of_term(formula))
        apart = {key: name for key, name in self.names.items() if name not in named}
        for name, number in _flat(call.arguments):
            if name not in named or not isinstance(number, Size) or id(number) in self.names:
                continue
            with suppress(_TooLong):
                told = self.written(_Walk(apart, MAX_OPERATIONS).term(number))
                if isinstance(told.symbols, Operation):
                    yield Calculated(name, told.symbols, told.numbers)

    def _calculated(self, number: Size) -> Derived:
        """A number that was made outside of the formulas, of parts that these may have made."""
        walks = (_Walk(self.names, MAX_OPERATIONS), _Walk(self.names, MAX_OPERATIONS, whole=False))
        for walk in walks:
            with suppress(_TooLong):
                symbols = walk.term(number)
                parts = dict.fromkeys(map(source_of, walk.calls))
                owner = (self._owner,) if self._owner and not isinstance(symbols, str | int) else ()
                return replace(self.written(symbols), sources=(*owner, *parts))
        return self.written(plain(number))


class _TooLong(Exception):  # noqa: N818  no fault of anybody's
    pass


class _Walk:
    """One walk back through the operations that made a number.

    Args:
        names: where it ends.
        most: operations that it may find.
        whole: it goes through the functions that made parts of it, too.
    """

    def __init__(self, names: "Mapping[int, str]", most: int, *, whole: bool = True) -> None:
        self._names, self._whole, self._left = names, whole, most
        self.calls: dict[Call, None] = {}
        """The functions that it met."""

    def term(self, number: int) -> "Term":
        if not isinstance(number, Size):
            return int(number)  # True, where something is added that an argument asks for, counts 1
        if id(number) in self._names:
            return self._names[id(number)]
        if number.call is not None:
            self.calls[number.call.outermost] = None
        if not number.sign or (number.call is not None and not self._whole):
            return plain(number)
        self._left -= 1
        if self._left < 0:
            raise _TooLong
        return operation(number.sign, *map(self.term, number.operands))


def _called_again(call: "Call", value: int) -> Derived | None:
    """A formula, called with its parameters as names; None: what it gives then is not this number."""
    function = cast("Callable[..., object] | None", getattr(import_module(call.module), call.function, None))
    if function is None:
        return None
    tape = Tape()
    arguments = {name: _named(tape, name, given) for name, given in call.arguments}
    found = _equal(function(**arguments), value)
    if found is None:
        return None
    known = NamedNumbers(tape.given.items())
    try:
        symbols = _Walk(known.names, MAX_OPERATIONS).term(found)
    except _TooLong:
        return None
    cases = found.call.outermost.cases if found.call else []
    told = (_case(known, *case) for case in cases)
    return replace(
        known.written(symbols),
        sources=(source_of(call),),
        cases=tuple(dict.fromkeys(told)),
        call=f"{call.function}({', '.join(f'{name}={_plain(given)}' for name, given in call.arguments)})",
    )


def _case(known: NamedNumbers, sign: str, left: int, right: int) -> str:
    return f"{term_text(known.term(left))} {sign} {term_text(known.term(right))}"


def _named(tape: Tape, name: str, given: object) -> object:
    """An argument whose numbers are called after its parameter."""
    if isinstance(given, tuple | list):
        items = cast("tuple[object, ...]", given)
        return tuple(_named(tape, f"{name}[{index}]", item) for index, item in enumerate(items))
    return tape.give(name, plain(given)) if isinstance(given, int) and not isinstance(given, bool) else given


def _flat(arguments: "Iterable[tuple[str, object]]") -> "Iterator[tuple[str, object]]":
    """Arguments, and those in lists, as formulas call them."""
    for name, given in arguments:
        if isinstance(given, tuple | list):
            items = cast("tuple[object, ...]", given)
            yield from _flat((f"{name}[{index}]", item) for index, item in enumerate(items))
        else:
            yield name, given


def _plain(given: object) -> str:
    if isinstance(given, tuple | list):
        items = [_plain(each) for each in cast("tuple[object, ...]", given)]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return str(plain(given)) if isinstance(given, Size) else str(given)


def _equal(result: object, value: int) -> Size | None:
    """The number of a result, or the one of several that has this value."""
    several = cast("tuple[object, ...]", result) if isinstance(result, tuple) else (result,)
    return next((each for each in several if isinstance(each, Size) and plain(each) == value), None)
