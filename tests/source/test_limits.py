"""Hostile and large texts: refused or read in little time and memory."""

import subprocess
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from archcalc.source import MAX_BYTES, MAX_DEPTH, MAX_VALUES, parse
from archcalc.source.limits import EACH_VALUES, MAX_ENTRIES, TOO_LONG, TOO_MANY
from tests.source.refusing import DEEP, DIRECTIVE, LARGE, refusal

if TYPE_CHECKING:
    from collections.abc import Callable


def filled(piece: str) -> str:
    """A text of the largest size."""
    return (piece * (MAX_BYTES // len(piece) + 1))[:MAX_BYTES]


def chained(count: int, item: str) -> str:
    """Named values of which each holds the one before; ``item`` says how."""
    return "a0: &a0 {x: 1}\n" + "".join(
        f"a{i + 1}: &a{i + 1} {item.format(last=f'*a{i}', i=i)}\n" for i in range(count)
    )


DEEP_FACT = f"lists and mappings nest more than {MAX_DEPTH} deep\n  {DEEP}"
MANY_FACT = f"{TOO_MANY[0]}\n  {LARGE}"
BIG = "a: &a {" + ", ".join(f"k{i}: 1" for i in range(1000)) + "}\n"

HOSTILE: "list[tuple[str, Callable[[], str], str]]" = [
    ("10,000 lists in brackets", lambda: "a: " + "[" * 10_000, DEEP_FACT),
    ("16 MiB of brackets", lambda: filled("["), DEEP_FACT),
    ("10,000 mappings in brackets", lambda: "{a: " * 10_000, DEEP_FACT),
    ("10,000 lists by dashes", lambda: "- " * 10_000, DEEP_FACT),
    ("10,000 explicit keys", lambda: "? " * 10_000, DEEP_FACT),
    ("2,000 indented mappings", lambda: "".join(" " * i + "a:\n" for i in range(2000)), DEEP_FACT),
    ("depth through aliases", lambda: chained(5000, "[{last}]"), DEEP_FACT),
    ("depth through merged aliases", lambda: chained(5000, "{{<<: {{k{i}: {last}}}}}"), DEEP_FACT),
    ("billion laughs", lambda: chained(30, "[{last}, {last}, {last}, {last}, {last}, {last}]"), MANY_FACT),
    ("laughs that only double", lambda: chained(90, "[{last}, {last}]"), MANY_FACT),
    ("laughs by merging", lambda: chained(90, "{{<<: [{last}, {last}], k{i}: 1}}"), MANY_FACT),
    ("a large mapping merged often", lambda: BIG + "b: {<<: [" + "*a, " * 100_000 + "]}\n", MANY_FACT),
    (
        "a large mapping merged everywhere",
        lambda: BIG + "".join(f"b{i}: {{<<: *a}}\n" for i in range(9999)),
        MANY_FACT,
    ),
    ("as many values as fit", lambda: "[" + filled("1,")[:-2] + "]", MANY_FACT),
    ("a list of nulls", lambda: filled("-\n"), MANY_FACT),
    ("16 MiB of directives", lambda: "a: 1\n...\n" + filled("%TAG !a! b\n")[:-9], DIRECTIVE),
    ("documents", lambda: filled("---\n"), "f:2:1: a second document begins here"),
    ("duplicate keys", lambda: filled("a: 1\n"), "100 problems: the rest was not read"),
    ("keys that are lists", lambda: filled("? [a]\n"), "100 problems: the rest was not read"),
    (
        "unknown aliases with names like many others",
        lambda: "".join(f"k{i}: &{'x' * 32}{i} 1\nj{i}: *{'xy' * 16}{i}\n" for i in range(20_000)),
        "100 problems: the rest was not read",
    ),
    ("a number of 16 million digits", lambda: ("a: " + filled("9"))[:MAX_BYTES], "(2**63 - 1) in size"),
    (
        "a fraction of 16 million digits",
        lambda: ("a: .5e" + filled("9"))[:MAX_BYTES],
        "beyond 1.8e+308 in size",
    ),
    (
        "an alias of 16 million letters",
        lambda: ("a: *" + filled("x"))[:MAX_BYTES],
        "'... (16777213 characters) names no",
    ),
    (
        "a key of 16 million letters",
        lambda: filled("x")[:-3] + ": 1",
        "the colon makes a key where none can stand",
    ),
    ("a tag of 16 million letters", lambda: ("a: !" + filled("x"))[:MAX_BYTES], "is not allowed"),
    ("a quote that never ends", lambda: ("a: 'b" + filled("x\n "))[:MAX_BYTES], "is never closed"),
    ("a bracket that never ends", lambda: ("a: [" + filled("\n"))[:MAX_BYTES], "is never closed"),
    ("nothing but line ends", lambda: filled("\n"), "the file is empty: it holds nothing"),
    ("nothing but comments", lambda: filled("# a\n"), "the file is empty: it holds only comments"),
    ("larger than is allowed", lambda: filled("#") + "#", "larger than 16777216 bytes (16 MiB)"),
]


@pytest.mark.parametrize(("text", "fact"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_texts_end_quickly_in_little_memory(text: "Callable[[], str]", fact: str) -> None:
    hostile = text()
    tracemalloc.start()
    begin = time.process_time()
    try:
        message = refusal(hostile)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fact in message
    assert len(message) < 100_000
    assert time.process_time() - begin < 5
    assert peak < 100e6


def test_the_fallback_parser_refuses_hostile_texts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    begin = time.process_time()
    for name, text, fact in HOSTILE[:11]:
        if "16 MiB" not in name:
            assert fact in refusal(text())
    assert time.process_time() - begin < 5


def test_depth_and_number_up_to_the_limits() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f").data
    assert DEEP_FACT in refusal("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    half = MAX_DEPTH // 2
    nested = "[" * half + "]" * half
    around = "[" * (half - 1) + "*a" + "]" * (half - 1)
    assert parse(f"- &a {nested}\n- {around}\n", "f").data
    assert DEEP_FACT in refusal(f"- &a {nested}\n- [{around}]\n")
    assert len(cast("list[object]", parse("- 1\n" * (MAX_VALUES - 1), "f").data)) == MAX_VALUES - 1
    assert refusal("- 1\n" * MAX_VALUES) == f"f:{MAX_VALUES}:3: {MANY_FACT}"
    # Ten values of ten, twenty and thirty: counted as written out, keys not at all.
    tens = "a: &a [" + "1, " * 9 + "]\n" + "b: &b [*a, *a]\n" + "c: [" + "*b, " * 2379 + "]\n"
    assert parse(tens, "f").data
    assert MANY_FACT in refusal(tens + "d: [" + "*a, " * 10 + "]\n")


def test_every_layer_brings_values_with_it_up_to_so_many_layers() -> None:
    line = "- {type: a, b: 2, c: 3, d: 4, e: 5, f: 6}\n"
    count = MAX_VALUES // 7 + 1_000
    assert (
        len(cast("dict[str, list[object]]", parse("layers:\n" + line * count, "f").data)["layers"]) == count
    )
    assert MANY_FACT in refusal("others:\n" + line * count)
    assert MANY_FACT in refusal("a:\n  layers:\n" + f"  {line}" * count)
    wide = "- [" + "1, " * (EACH_VALUES + 40) + "]\n"
    assert MANY_FACT in refusal("layers:\n" + wide * (MAX_VALUES // 40))
    assert TOO_LONG[0] in refusal("layers:\n" + "- a\n" * (MAX_ENTRIES + 1))


def test_a_layer_takes_little_memory() -> None:
    lines = 2_000
    text = "layers:\n" + "".join(
        f"  - {{type: Conv2d, out_channels: {i}, kernel_size: 3, padding: 1}}\n" for i in range(lines)
    )
    parse(text, "f")
    tracemalloc.start()
    try:
        document = parse(text, "f")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert document.place(("layers", lines - 1, "padding")).line == lines + 1
    assert peak / lines < 900, "its data, and places in a row of numbers: no record for every word"


def test_a_large_honest_spec_reads_in_linear_time() -> None:
    def seconds(layers: int) -> float:
        text = "layers:\n" + "".join(
            f"  - {{type: Conv2d, out_channels: {i}, kernel_size: 3, padding: 1}}\n" for i in range(layers)
        )
        begin = time.process_time()
        document = parse(text, "f")
        for index in range(0, layers, 7):
            place = document.place(("layers", index, "padding"))
            assert place.line == index + 2
        return time.process_time() - begin

    seconds(100)
    assert seconds(9_500) < 5


def test_what_the_parser_has_no_words_for_here_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse_nothing(_text: str, **_options: object) -> None:
        raise yaml.MarkedYAMLError(problem="Something new {0}")

    monkeypatch.setattr(yaml, "parse", parse_nothing)
    hint = "check indentation, brackets and quotes"
    assert refusal("a: 1\nb\n") == f"f:2:2: the text is not YAML: something new {{0}}\n  {hint}"


def test_yaml_is_imported_only_to_read() -> None:
    program = (
        "import sys, archcalc.source as s; print('yaml' in sys.modules, s.scalar('3'), 'yaml' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "3", "True"]
