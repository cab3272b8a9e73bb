"""The message of a text that is refused, and hints of several messages."""

import pytest

from archcalc.errors import SpecError
from archcalc.source import parse

FIRST = "begin with a line such as: name: lenet5"
DEEP = "close brackets, or indent less deeply"
DIRECTIVE = "remove the line, or indent it if it is text"
SAVE = "save the file as UTF-8 text"
LARGE = "write long networks with repeat and blocks"


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        parse(text, "f")
    return str(caught.value)
