"""The steps of PyYAML's parser through a text."""

import re
from typing import TYPE_CHECKING, Protocol, cast

from archcalc.source.limits import MAX_BYTES, TOO_LARGE
from archcalc.source.messages import ESCAPES, refusal
from archcalc.source.spots import BREAKS, spot_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.source.building import Builder

UNFIT = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
UNUSUAL = re.compile("[^\t\n\r\x20-\x7e]")
"""What most texts have none of; the pattern of what is unfit takes 4 ms to compile."""
DIRECTIVE = f"(?:\\A|[{BREAKS}])%"


class Mark(Protocol):
    """A position of the parser, counted from 0."""

    line: int
    column: int
    index: int


class Event(Protocol):
    """A step of PyYAML's parser; which of the last five it has depends on its class."""

    start_mark: Mark
    end_mark: Mark
    value: str
    style: str | None
    anchor: str | None
    tag: str | None
    flow_style: bool


def refuse_unfit(text: str, file: str) -> None:
    """Refuse what YAML forbids or a spec has no use for, before the parser spends time on it."""
    if len(text) > MAX_BYTES:
        raise refusal(file, (1, 1), *TOO_LARGE)
    unusual = UNUSUAL.search(text)
    if unusual and (found := re.compile(UNFIT).search(text, unusual.start())):
        fact = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
        raise refusal(file, spot_at(text, found.start()), fact, "remove it")
    # libyaml compares every %TAG with all before it: a file full of them would take hours.
    if "%" in text and (found := re.search(DIRECTIVE, text)):
        fact = "a line that begins with % is a YAML directive, which a spec has no use for"
        raise refusal(
            file, spot_at(text, found.end() - 1), fact, "remove the line, or indent it if it is text"
        )


def events(text: str, builder: "Builder") -> "Iterator[Event]":
    """The steps of PyYAML through a text; where it gives up, the builder hears why and the steps end."""
    import yaml

    try:
        yield from parsed(text)
    except yaml.MarkedYAMLError as error:
        from archcalc.source.syntax import syntax

        builder.report(*syntax(error, text, builder.opened))
    except (ValueError, OverflowError):
        # Without libyaml, PyYAML gives the number of an escape such as \UFFFFFFFF to chr() unchecked.
        builder.report("an escape in the text behind this stands for no character", ESCAPES)


def scalars(text: str) -> "Iterator[tuple[int, int]]":
    """First and last offset of every scalar of a text that has been parsed before."""
    for event in parsed(text):
        if type(event).__name__ == "ScalarEvent":
            yield event.start_mark.index, event.end_mark.index


def parsed(text: str) -> "Iterator[Event]":
    """The steps of PyYAML through a text that is known to be sound."""
    import yaml

    loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # The stub of parse has no types.
    return cast("Callable[..., Iterator[Event]]", yaml.parse)(text, Loader=loader)  # pyright: ignore[reportUnknownMemberType]
