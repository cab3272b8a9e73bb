"""Shipped specs with random damage: every one is traced or refused with places, nothing else happens."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import SpecError, load, loads, params, receptive_fields, trace, zoo
from tests.samples import samples

TEXTS = {name: Path(str(zoo.path_of(name))).read_text(encoding="utf-8") for name in zoo.names()}
PIECES = [
    *(
        "0",
        "-1",
        "1.5",
        "1e9",
        "9" * 30,
        "null",
        "true",
        "~",
        "''",
        "[]",
        "{}",
        "[[1]]",
        "{a: 1}",
        ".nan",
        "inf",
    ),
    *("=i", "=width", "=in_channels", "=block.in_channels", "=1/0", "=[1]*3", "=2**70", "=", "=)", "=()"),
    *(
        "&a",
        "*a",
        "!!int",
        "<<",
        "|",
        ">",
        "- ",
        ": ",
        ", ",
        "{",
        "}",
        "[",
        "]",
        "#",
        "'",
        '"',
        "\t",
        "\n",
        "---",
    ),
    *("Conv2d", "ReLU", "Concat", "Residual", "Bottleneck", "input", "layer1", "fc", "same", "from", "tie"),
    *("\0", "\ud7ff", "\u2028", "\x85", "\ufeff", "é", "😀"),
]
WORDS = [word for text in TEXTS.values() for word in text.split()]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A shipped spec with up to five words or characters replaced, put in or taken out."""
    text = TEXTS[draw(st.sampled_from(sorted(TEXTS)))]
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 0, 1, 1, 3, 8, 30]))
        text = text[:start] + draw(st.sampled_from(PIECES + WORDS)) + text[start + length :]
    return text


def traced_or_refused(text: str) -> bool:
    """Whether a spec can be traced; its errors must have places and say something."""
    try:
        traced = trace(loads(text, "f.yaml"))
    except SpecError as error:
        refused = error
    else:
        params(traced)
        receptive_fields(traced)
        return True
    assert refused.problems
    for problem in refused.problems:
        assert str(problem.place).startswith("f.yaml:")
        assert problem.what
    return False


@given(text=damaged())
@settings(max_examples=samples(1000), deadline=None, print_blob=True)
def test_damaged_specs(text: str) -> None:
    traced_or_refused(text)


def _without(data: object, path: tuple[str | int, ...], value: object) -> object:
    """``data`` with the value at ``path`` replaced."""
    if not path:
        return value
    step, *rest = path
    copied: dict[str | int, object] | list[object]
    if isinstance(data, dict):
        copied = {**data}  # pyright: ignore[reportUnknownVariableType]  # YAML data
        copied[step] = _without(copied[step], tuple(rest), value)
        return copied
    assert isinstance(data, list)
    assert isinstance(step, int)
    listed: list[object] = list(data)  # pyright: ignore[reportUnknownArgumentType]  # YAML data
    listed[step] = _without(listed[step], tuple(rest), value)
    return listed


def _paths(data: object) -> list[tuple[str | int, ...]]:
    """Every path of the data."""
    found: list[tuple[str | int, ...]] = [()]
    items: list[tuple[str | int, object]] = []
    if isinstance(data, dict):
        items = list(data.items())  # pyright: ignore[reportUnknownArgumentType]  # YAML data
    elif isinstance(data, list):
        items = list(enumerate(data))  # pyright: ignore[reportUnknownArgumentType]  # YAML data
    for step, value in items:
        found += [(step, *rest) for rest in _paths(value)]
    return found


VALUES: list[object] = [
    *(
        None,
        True,
        -1,
        0,
        1,
        2,
        10**6,
        2**62,
        -(2**63),
        0.5,
        float("nan"),
        float("inf"),
        "",
        "x",
        "=i",
        "=in_shape",
    ),
    *(
        "=in_channels * 10**9",
        "input",
        "ReLU",
        "=9**9**9",
        [],
        [1],
        [[]],
        {},
        {"type": "ReLU"},
        [{"type": 3}],
    ),
    *(
        {"shape": [1]},
        ["input", "input"],
        {"type": "Residual", "body": []},
        "=[1, 2]",
        "== 3",
        "a.b.c",
        "..",
        ".",
    ),
]


@given(data=st.data())
@settings(max_examples=samples(1000), deadline=None, print_blob=True)
def test_specs_with_a_wrong_value_anywhere(data: st.DataObject) -> None:
    written = load(data.draw(st.sampled_from(zoo.names()))).document.data
    path = data.draw(st.sampled_from(_paths(written)[1:]))
    changed = _without(written, path, data.draw(st.sampled_from(VALUES)))
    try:
        traced = trace(load(changed))  # type: ignore[arg-type]
        params(traced)
        receptive_fields(traced)  # which refuses steps longer than any axis
    except SpecError as error:
        assert error.problems  # noqa: PT017  most cases are refused, not all
