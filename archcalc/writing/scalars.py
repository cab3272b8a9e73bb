"""A scalar as YAML text: bare where it reads as the same value, in quotes where YAML needs them."""

import math
import re
import sys
from functools import cache
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.source.limits import MAX_INTEGER
from archcalc.source.scalars import HALF, resolved

if TYPE_CHECKING:
    from yaml.emitter import Emitter

WORDS = {None: "null", True: "true", False: "false", math.inf: ".inf", -math.inf: "-.inf"}


class Quoted(str):
    """A sentence, which stands in quotes whether YAML needs them or not."""

    __slots__ = ()


def scalar_text(value: object, *, flow: bool) -> str:
    """The text of a scalar; ``flow``: within brackets, where commas and colons need quotes.

    Raises:
        Fault: YAML has no such type, or a spec could not be read with this value.
    """
    if isinstance(value, str):
        return _quoted(value) if isinstance(value, Quoted) or not _is_bare(value, flow=flow) else value
    if value is None or isinstance(value, bool):
        return WORDS[value]
    if isinstance(value, int):
        return _integer(int(value))
    if isinstance(value, float):
        return _number(float(value))
    raise Fault(f"a value of type {type(value).__name__} cannot be written", hint="use YAML's types")


def key(name: object) -> str:
    """The text of a key: every key is text, so that only null and a merge have to be kept apart."""
    if not isinstance(name, str):
        raise Fault(f"a key of type {type(name).__name__} cannot be written", hint="keys are texts")
    bare = name != "<<" and _allows_bare(name, flow=True) and _meaning(name) is not None
    return name if bare else _quoted(name)


def _integer(value: int) -> str:
    if abs(value) > MAX_INTEGER:
        raise Fault(f"{value} is beyond {MAX_INTEGER} (2**63 - 1) in size")
    return str(value)


def _number(value: float) -> str:
    """The shortest text that reads as this number: ``0.001``, ``1.0e-6``."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return WORDS[value]
    digits, _, exponent = repr(value).partition("e")
    return f"{digits if '.' in digits else digits + '.0'}e{int(exponent)}" if exponent else digits


def _is_bare(text: str, *, flow: bool) -> bool:
    return _allows_bare(text, flow=flow) and _meaning(text) == text


def _allows_bare(text: str, *, flow: bool) -> bool:
    """Whether the characters of a text need no quotes."""
    analysis = _emitter().analyze_scalar(text)
    allowed: bool = analysis.allow_flow_plain if flow else analysis.allow_block_plain
    return allowed


def _meaning(text: str) -> object:
    """What a text without quotes is read as; None too when it is refused."""
    try:
        return resolved(text, "", None)
    except Fault:
        return None


def _quoted(text: str) -> str:
    """In double quotes, or in single ones where that saves escapes; on one line."""
    import yaml

    if re.search(HALF, text):
        raise Fault("a text with half a character cannot be written", hint="remove the surrogate")
    analysis = _emitter().analyze_scalar(text)
    single = analysis.allow_single_quoted and not analysis.multiline and ('"' in text or "\\" in text)
    written = yaml.dump(  # pyright: ignore[reportUnknownMemberType]  one of its types is missing in the stub
        str(text),
        Dumper=yaml.SafeDumper,
        default_style="'" if single else '"',
        allow_unicode=True,
        width=sys.maxsize,
    )
    return written.removesuffix("\n")


@cache
def _emitter() -> "Emitter":
    """PyYAML's judge of which characters need quotes where."""
    from io import StringIO

    from yaml.emitter import Emitter

    return Emitter(StringIO(), allow_unicode=True)
