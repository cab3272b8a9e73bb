"""Mappings whose keys people type: a wrong one is told with the nearest that there is."""

from typing import TYPE_CHECKING, NoReturn, TypeVar

from archcalc.errors import Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class UnknownName(Fault, KeyError):  # noqa: N818  as Fault is
    """There is no such layer, input or output."""


class ByName(dict[str, T]):
    """What belongs to layers, by their full names."""

    def __missing__(self, name: str) -> NoReturn:
        raise no_layer(name, self)


def no_layer(name: object, known: "Iterable[str]") -> UnknownName:
    """The fault of a name that no layer has."""
    return UnknownName(f"no layer {name!r}", hint=nearest(str(name), known))
