"""Shapes that a spec states for what comes out of its layers."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, nearest
from archcalc.expressions import Unknown
from archcalc.layers.mapped import one_position
from archcalc.tracing.arguments import as_read, evaluated
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Shape
    from archcalc.source import Path
    from archcalc.tracing.frames import Site
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.records import Port
    from archcalc.tracing.scopes import Named


def check_expected(site: "Site", done: "Named", kind: str, ledger: "Ledger") -> None:
    """Note every output of a finished entry whose shape is another one than its ``expect`` says.

    In a Vmap the shapes are those at one position, which its layers see. What has failed is not looked at.
    """
    written, ports = site.entry.expect, done.ports
    if not ports:
        return
    first = next(iter(ports))
    several = isinstance(written, dict)
    for name, shape in written.items() if isinstance(written, dict) else ((first, written),):
        below: Path = ("expect", name) if several else ("expect",)
        try:
            _compare(evaluated(_listed(shape), site), _port(ports, name), site)
        except Unknown:
            continue
        except Fault as fault:
            ledger.report(site.frame, (*site.path, *below), site.subject(kind), fault, entry=site.path)


def _listed(shape: object) -> object:
    """As it was written: expressions are looked for in lists."""
    return list(cast("tuple[object, ...]", shape)) if isinstance(shape, tuple) else shape


def _port(ports: "Mapping[str, Port]", name: str) -> "Port":
    if name not in ports:
        raise Fault(f"there is no output {name!r}", hint=nearest(name, ports))
    return ports[name]


def _compare(value: object, port: "Port", site: "Site") -> None:
    expected, found = _shape(as_read(value)), one_position(port.tensor, site.frame.mapped).shape
    if found != expected:
        raise Fault(f"{list(found)} comes out, but {list(expected)} is expected")


def _shape(value: object) -> "Shape":
    sizes = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    for size in sizes:
        if not isinstance(size, int) or isinstance(size, bool):
            raise Fault(f"a size is a whole number, got {shown(size)}")
    return cast("Shape", sizes)
