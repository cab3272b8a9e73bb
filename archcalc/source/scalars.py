"""The value of a scalar, by the core schema of YAML 1.2."""

import math
import re
import sys
from types import NoneType

from archcalc.errors import Fault
from archcalc.source.limits import MAX_INTEGER
from archcalc.source.messages import ESCAPES, QUOTE, quoted

TAG = "tag:yaml.org,2002:"
TAGS: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "null": NoneType}
KINDS: dict[type, str] = {
    NoneType: "null",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
}
WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
NOT_TEXT = frozenset("+-.0123456789~nNtTfF")  # what null, true, false and numbers begin with
INTEGER = re.compile("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
DIGITS = 21  # of 2**63 - 1 in base 8
HALF = "[\ud800-\udfff]"


def kind_of(data: object) -> str:
    """What people call a value of this type."""
    return KINDS[type(data)]


def resolved(text: str, style: str | None, tag: str | None) -> object:
    """The value of a scalar; ``style`` is its quote or block mark, empty when it is plain.

    Raises:
        Fault: the number is too large, the tag is unknown or does not fit.
    """
    if style == '"' and not text.isascii() and re.search(HALF, text):
        raise Fault("an escape in the text stands for half a character", hint=ESCAPES)
    if tag is not None:
        return _tagged(text, tag)
    return text if style else _plain(text)


def _tagged(text: str, tag: str) -> object:
    kind = TAGS.get(tag.removeprefix(TAG)) if tag.startswith(TAG) else None
    if kind is None:
        raise unknown_tag(tag)
    value = text if kind is str else _plain(text)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise Fault(f"{quoted(text)} is not {KINDS[kind]}", hint="remove the tag, or mend the value")
    return value


def unknown_tag(tag: str) -> Fault:
    """The fault of a tag beside those of text, numbers, true, false and null."""
    return Fault(f"the tag {quoted(tag.replace(TAG, '!!', 1))} is not allowed", hint=f"remove it, or {QUOTE}")


def _plain(text: str) -> object:
    if text and text[0] not in NOT_TEXT:
        return text
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return _integer(text)
    return _number(text) if FLOAT.fullmatch(text) else text


def _integer(text: str) -> int:
    digits, base = text.lstrip("+-0ox"), {"0o": 8, "0x": 16}.get(text[:2], 10)
    # Longer ones are too large in any base, and Python refuses to read decimal ones of thousands of digits.
    if len(digits) <= DIGITS and (size := int(digits or "0", base)) <= MAX_INTEGER:
        return -size if text[0] == "-" else size
    raise Fault(f"{quoted(text)} is beyond {MAX_INTEGER} (2**63 - 1) in size", hint="write a smaller number")


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Fault(f"{quoted(text)} is beyond {sys.float_info.max:.3g} in size", hint="or write .inf")
    return value
