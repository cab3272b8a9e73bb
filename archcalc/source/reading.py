"""The ways in: a file, a text, a value of the command line."""

import pathlib

from archcalc.collecting import uncollected
from archcalc.errors import Fault, SpecError
from archcalc.source.building import Builder
from archcalc.source.document import Document, Node
from archcalc.source.events import events, refuse_unfit
from archcalc.source.files import bytes_of, decoded, unreadable
from archcalc.source.foreign import by_content, refused
from archcalc.source.messages import quoted, refusal
from archcalc.source.scalars import kind_of


def read(source: str | pathlib.Path) -> Document:
    """The document in a file, or on standard input when ``source`` is ``-``.

    Raises:
        SpecError: the file cannot be read, is over ``MAX_BYTES`` or not UTF-8, or ``parse`` refuses it.
    """
    # A name that is not UTF-8 comes from the system with half characters in it, which could not be printed.
    file = "<stdin>" if str(source) == "-" else str(source).encode("utf-8", "backslashreplace").decode()
    try:
        content = bytes_of(source)
    except (OSError, ValueError) as error:
        raise unreadable(error, file) from None
    return document_of(content, file)


def document_of(content: bytes, file: str) -> Document:
    """The document in the bytes of a file; where it is another program's, the error says whose."""
    try:
        return parse(decoded(content, file), file)
    except SpecError:
        other = by_content(content, file)
        if other is None:
            raise
        raise refused(other, file) from None


def parse(text: str, file: str) -> Document:
    """The document in a text; ``file`` is the name that its places show.

    Raises:
        SpecError: all independent problems that the text has as YAML, in file order.
    """
    text = text.removeprefix("\ufeff")
    root = _tree(text, file)
    if root is None:
        holds = "only comments" if text.strip() else "nothing"
        raise refusal(
            file, (1, 1), f"the file is empty: it holds {holds}", "begin with a line such as: name: lenet5"
        )
    return Document(file, root.data, root, text)


def scalar(text: str) -> object:
    """A value of the command line, read as in a spec: ``3``, ``0.5``, ``true``, ``[3, 5]``, ``=2*8``.

    Raises:
        Fault: the text is empty or malformed, or a list or mapping without brackets.
    """
    try:
        root = _tree(text, "<value>")
    except SpecError as error:
        problem = error.problems[0]
        raise Fault(problem.what, hint=problem.hint) from None
    if root is None:
        raise Fault("the value is empty", hint="write null for no value, '' for an empty text")
    if root.items is not None and not text.lstrip().startswith(("[", "{")):
        raise Fault(f"{quoted(text)} is {kind_of(root.data)} without brackets", hint="write [a, b] or {a: b}")
    return root.data


@uncollected()
def _tree(text: str, file: str) -> Node | None:
    """The node at the top of the only document in a text; None when there is no document."""
    refuse_unfit(text, file)
    builder = Builder(file)
    builder.take(events(text, builder))
    if builder.problems:
        from archcalc.source.unbracketed import bracketed

        raise SpecError(bracketed(builder.error().problems, text))
    return builder.root
