"""Cures and hints for somebody who reads Python: what to write in the call, and no YAML."""

import re
from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import (
    DropKey,
    Insert,
    Move,
    RemoveEntry,
    RenameKey,
    Replace,
    SetKey,
    SetValue,
    Wrap,
)
from archcalc.source import scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archcalc.cures.changes import Change, Cure, Entry
    from archcalc.errors import Place
    from archcalc.tracing.records import Origin

WIRING = frozenset({"type", "name", "from", "note", "ignore", "when", "repeat"})
"""Keys of an entry that are no arguments of its kind."""
ELSEWISE = {
    "type": "write {value} for {it}",
    "causal": "give {it} a causal mask where it is called (attn_mask or is_causal=True)",
    "frozen": "set requires_grad=False for the parameters of {it}",
    "tie": "let {it} share the weight of {value}",
}
"""Keys of an entry that are no arguments in Python, and what they mean there."""
VALUE = r"true|false|null|-?\d[\d.]*(?:e-?\d+)?|\[[^\]]*\]"
RETOLD: "tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]" = (
    (
        r"remove the layer, read it with `from`, or list it under `outputs`",
        "leave it out, or use what it returns",
    ),
    (r"remove it, or name it in a `from`", "leave the argument out, or use it"),
    (r"read them with `from`, where", "use them, where"),
    (
        r"can give it a `when`, as BasicBlock does",
        "can have one on this condition, as torchvision's BasicBlock does",
    ),
    (r"write =(\w+) here, or the right number in vars", r"give as many as \1 says"),
    (r"write dim: \d+, torch's dim (\d+) with the batch in front", r"write dim=\1"),
    (r"write dim: 0, channels come first", "write dim=1, channels come behind the batch"),
    (r"write tie: ([\w.]+)", r"let it share the weight of \1"),
    (r"write causal: true", "give it a causal mask where it is called (attn_mask or is_causal=True)"),
    (r"frozen: true for what is", "requires_grad=False for what is"),
    (r"(?:write )?(task|loss): (\w+)", r"give --\1 \2"),
    (r"no `loss` is written", "no loss is given"),
    (r"put \{type: Transpose, dim0: (\d+), dim1: (\d+)\}", lambda m: f"put {_transposed(m[1], m[2])}"),
    (r"\{type: (\w+), ([^}]*)\}", lambda m: f"{m[1]}({_keywords(m[2])})"),
    (rf"\b([a-z]\w*): ({VALUE})(?![\w.])", lambda m: f"{m[1]}={_python(m[2])}"),
)
"""What messages say of a spec, and what stands for it where the network is written in Python."""


def in_python(text: str) -> str:
    """A message or a hint with Python in the place of YAML."""
    for pattern, instead in RETOLD:
        text = re.sub(pattern, instead, text)
    return text


def python_said(cures: "Iterable[Cure]", place: "Place") -> str:
    """Cures on a line each; ``place`` is of the finding, whose layer is called ``it``."""
    told = dict.fromkeys(python_words(cure, place) for cure in cures)
    return "\n".join(f"{'or ' if index else ''}{words}" for index, words in enumerate(told))


def python_words(cure: "Cure", place: "Place") -> str:
    """A cure in one line; what is done to many layers that one line builds is said once."""
    keys: dict[str, list[str]] = {}
    told: list[str] = []
    for change in _said(cure.changes):
        if isinstance(change, SetKey) and change.key not in ELSEWISE:
            keys.setdefault(_where(change.origin, place), []).append(f"{change.key}={_python(change.value)}")
        else:
            told.append(_words(change, place))
    told = [*(f"write {', '.join(dict.fromkeys(pairs))}{where}" for where, pairs in keys.items()), *told]
    changes = " and ".join(dict.fromkeys(told))
    return f"{changes}: {cure.because}" if cure.because else changes


def _said(changes: "Sequence[Change]") -> "Sequence[Change]":
    """Changes without those of the wiring beside others: in Python they follow from what is done."""
    kept = [change for change in changes if not _wires(change)]
    return kept or changes


def _wires(change: "Change") -> bool:
    if isinstance(change, SetValue):
        return change.path[0] == "outputs"
    return isinstance(change, SetKey | DropKey) and change.key in WIRING - {"type"}


def _words(change: "Change", place: "Place") -> str:
    if isinstance(change, SetValue):
        return _whole_network(change)
    where, it = _where(change.origin, place), _it(change.origin, place)
    match change:
        case DropKey():
            words = f"leave out {change.key}{where}"
        case RenameKey():
            words = f"write {change.new} for {change.key}{where}"
        case RemoveEntry():
            words = f"remove {it}"
        case Replace():
            words = f"write {_calls(change.entries)} in the place of {it}"
        case Insert():
            words = f"put {_calls(change.entries)} {_beside(behind=change.behind)} {it}"
        case Move():
            words = f"move {it} {_beside(behind=change.behind)} {_it(change.to, place)}"
        case Wrap():
            more = f" and the {change.count - 1} behind it" if change.count > 1 else ""
            words = f"add what goes into {it}{more} to what comes out"
        case SetKey():
            words = ELSEWISE[change.key].format(value=change.value, it=it)  # other keys are said at once
    return words


def _beside(*, behind: bool) -> str:
    return "behind" if behind else "in front of"


def _whole_network(change: SetValue) -> str:
    first, name = str(change.path[0]), str(change.path[-1])
    if first == "outputs":
        value = change.value
        listed = cast("list[object]", value) if isinstance(value, list) else [value]
        return f"return what {' and '.join(map(str, listed))} give"
    if first == "inputs":
        value = change.value
        shape = cast("Mapping[str, object]", value).get("shape") if isinstance(value, dict) else value
        sizes = ",".join(map(str, cast("Sequence[object]", shape)))
        return f"give --input {name}={sizes}"
    return f"give --{name} {change.value}" if first in {"task", "loss"} else f"let {name} be {change.value}"


def _where(origin: "Origin", place: "Place") -> str:
    at = origin.document.place(origin.path)
    return " in this call" if at == place else f" where {_it(origin, place)} is built"


def _it(origin: "Origin", place: "Place") -> str:
    at = origin.document.place(origin.path)
    if at == place:
        return "it"
    name = origin.written("name") or origin.written("type") or origin.entry()
    return f"{name} ({at.file}:{at.line})"


def _calls(entries: "Sequence[Entry]") -> str:
    return " and ".join(map(_call, entries))


def _call(entry: "Entry") -> str:
    """A layer as it is built: ``Conv2d(kernel_size=3)``."""
    if isinstance(entry, str):
        return f"{entry}()"
    given = {key: value for key, value in entry.items() if key not in WIRING}
    if entry.get("type") == "Transpose":
        return _transposed(str(given.get("dim0", 0)), str(given.get("dim1", 1)))
    listed = ", ".join(f"{key}={_plain(value)}" for key, value in given.items())
    return f"{entry.get('type')}({listed})"


def _transposed(first: str, second: str) -> str:
    """As torch counts, for which the batch is axis 0."""
    numbers = (int(each) + (int(each) >= 0) for each in (first, second))
    return "transpose({}, {})".format(*numbers)


def _keywords(pairs: str) -> str:
    return re.sub(r"(\w+): ([^,\[]+|\[[^\]]*\])", lambda match: f"{match[1]}={_python(match[2])}", pairs)


def _python(text: str) -> str:
    """A value of YAML as Python writes it."""
    return _plain(scalar(text))


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        items = [_plain(item) for item in cast("Sequence[object]", value)]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return repr(value)
