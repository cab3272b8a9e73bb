"""Lines that store members and head methods, and how a member is reached."""

from textwrap import wrap
from typing import TYPE_CHECKING

from archcalc.exporting.layout import WIDTH, BracketGroup, lines, python_code
from archcalc.exporting.naming import ATTRIBUTES, is_attribute
from archcalc.exporting.nodes import CallNode, Hole, Own, Text, call

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.exporting.programs import ForwardStep


def is_plain(step: "ForwardStep") -> bool:
    """Whether a step is a module called on one tensor, in whose place the identity may stand."""
    return step.part.init is not None and step.part.call == call(Own(), Hole(0)) and is_attribute(step.own)


def is_parameter(step: "ForwardStep") -> bool:
    """Whether a step stores a parameter and no module."""
    init = step.part.init
    return isinstance(init, CallNode) and init.head == Text("nn.Parameter")


def member_reached(own: str, *, parameter: bool) -> str:
    """A module or parameter in code, from ``self``."""
    name, _, index = own.partition("[")
    if is_attribute(name):
        return f"self.{own}"
    if name in ATTRIBUTES:
        kind, home = ("Tensor", "_parameters") if parameter else ("nn.Module", "_modules")
        found = f'cast({kind}, self.{home}["{name}"])'
        return f'{found}.get_submodule("{index.rstrip("]")}")' if index else found
    path = f"{name}.{index.rstrip(']')}" if index else name
    if not ATTRIBUTES.isdisjoint(path.split(".")):
        return module_at(path, "_parameters" if parameter else "_modules")
    if parameter:
        return f'self.get_parameter("{name}")'
    return f'self.get_submodule("{path}")'


def module_at(path: str, home: str = "_modules") -> str:
    """What stands at a dotted path of which a step is what every module has already."""
    steps, found, plain = path.split("."), "self", list[str]()
    for index, step in enumerate(steps):
        last = index == len(steps) - 1
        if step not in ATTRIBUTES and not (last and home != "_modules"):
            plain.append(step)
            continue
        before = f'{found}.get_submodule("{".".join(plain)}")' if plain else found
        kept = home if last else "_modules"
        found = f'cast({"nn.Module" if kept == "_modules" else "Tensor"}, {before}.{kept}["{step}"])'
        plain = []
    return f'{found}.get_submodule("{".".join(plain)}")' if plain else found


def stored(name: str, laid: object, indent: int) -> list[str]:
    """The lines that store a module or parameter under a name."""
    assert isinstance(laid, str | BracketGroup)  # noqa: S101  what a class stores is a call
    if is_attribute(name):
        return list(lines(laid, indent, f"self.{name} = "))
    parameter = isinstance(laid, BracketGroup) and laid.opening.startswith("nn.Parameter")
    around, _, own = name.rpartition(".")
    holder = member_reached(around, parameter=False) if around else "self"
    if own in ATTRIBUTES:  # torch refuses names that every module has
        home = "_parameters" if parameter else "_modules"
        return list(lines(laid, indent, f'{holder}.{home}["{own}"] = '))
    opening = f"{holder}.{'register_parameter' if parameter else 'add_module'}("
    return list(lines(BracketGroup(opening, (python_code(own), laid), ")"), indent))


def documented(about: str) -> "Iterator[str]":
    """The docstring of a class, and the blank line behind it."""
    if not about:
        return
    text = f'"""{about}"""'
    if len(text) + 4 <= WIDTH:
        yield f"    {text}"
    else:
        rows = wrap(about, WIDTH - 8)
        yield f'    """{rows[0]}'
        yield from (f"    {row}" for row in rows[1:])
        yield '    """'
    yield ""


def function_head(name: str, given: "Sequence[str]", result: str) -> "Iterator[str]":
    """The head of a method."""
    whole = f"    def {name}({', '.join(['self', *given])}) -> {result}:"
    if len(whole) <= WIDTH:
        yield whole
        return
    yield f"    def {name}("
    inner = " " * 8 + ", ".join(["self", *given])
    if len(inner) <= WIDTH:
        yield inner
    else:
        yield "        self,"
        yield from (f"        {each}," for each in given)
    yield f"    ) -> {result}:"
