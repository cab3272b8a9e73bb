"""Mutants: specs and command lines that know the grammar, each from one seed and nothing else."""

import re
from json import dumps, loads
from random import Random
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Data = dict[str, object] | list[object]
    Slot = tuple[Data, str | int]
    """A mapping or list, and a key or index of it."""
    Changed = Callable[[Random, object, Sequence[object]], object]

NUMBERS: tuple[object, ...] = (
    *(0, -1, 1, 2, 3, 7, 63, 64, 65, 1000, 9_999, 10_000, 65_535, 65_536, 99_999, 10**6, 10**9, 10**12),
    *(2**31, 2**53, 2**62, 2**63 - 1, 2**63, -(2**63), 10**40, 0.5, -0.0, 1e308, 5e-324, ".inf", "=1e9"),
)
TEXTS = (
    *("", " ", "x", "input", "..", ".", "/", "*", "a.b", "a.*", "/*", "=", "=i", "=in_shape", "=in_channels"),
    *("=ceil(1e400)", "=9**9**9", "=[1]*10**9", "=width*2", "=[1, 2]", "=-1", "=1/0", "=sum(in_shape)"),
    *("a\nb", "::error::x", "x\n::error file=y::z", "\x1b[31mred", "\x00", "\x9b2J", "\u202ex", "é" * 300),
    *("same", "reflect", "Conv2d", "ReLU", "Residual", "Scan", "LlamaBlock", "none", "true", "a" * 5000),
)
OTHERS: "list[object]" = loads(
    '[null, true, false, [], {}, [[]], {"a": 1}, [1, 2, 3], {"type": "ReLU"}, [null]]'
)
KEYS = (
    *("repeat", "from", "when", "tie", "name", "type", "kernel_size", "stride", "padding", "dilation"),
    *("groups", "out_channels", "num_heads", "output_size", "dim", "scale_factor", "frozen", "expect"),
    *("init", "ignore", "note", "bias", "window", "inputs", "outputs", "layers", "body", "branches"),
)
WHOLE = ("task", "loss", "budgets", "training", "vars", "outputs", "ignore", "min_receptive_field", "name")
COMMANDS: dict[str, tuple[str, ...]] = {
    "shapes": (
        "--depth 1",
        "--depth -3",
        "--set VAR=3",
        "--set width=3",
        "--input INPUT=SHAPE",
        "--symbolic",
    ),
    "params": ("--parts", "--freeze *", "--freeze [", "--freeze LAYER", "--depth 1", "--symbolic"),
    "rf": (
        *("--picture", "--coverage", "--check-hdc", "--at 0", "--at 3,3", "--layer relu_0", "--layer LAYER"),
        *("--from input", "--from LAYER", "--depth 1"),
    ),
    "summary": (
        *("--columns params,memory", "--columns kernel,weights,input,rf", "--sort macs", "--batch 4"),
        *("--batch 0", "--columns x", "--dtype float16"),
    ),
    "macs": (
        *("--by type", "--by depth", "--backward", "--causal", "--device a100", "--sort bytes", "--symbolic"),
        *("--device a100 --step-time 1ms", "--convention torchinfo", "--compare", "--batch 9"),
    ),
    "attention": (),
    "memory": (
        *("--train", "--fit 1GiB", "--batch 9", "--train --optimizer adam", "--train --checkpoint LAYER"),
        *("--dp 2 --train", "--dp 8 --train --zero 3", "--tp 2", "--pp 2 --train", "--batches 1,2,4..64"),
        *("--context 1000", "--fit 1GiB --for sequence", "--fit 1GiB --for VAR", "--plot"),
    ),
    "decode": (
        *("--prompt 1 --new 2", "--prompt 100000 --new 9", "--prompt 3 --new 9 --page 4"),
        *("--prompt 3 --new 100000 --cache-dtype int4", "--page 4"),
    ),
    "signal": ("--init kaiming_normal", "--init xavier_uniform", "--depth 1", "--plot", "--freeze LAYER"),
    "check": (
        *("--diff", "--output-format sarif", "--output-format github", "--output-format junit", "--quiet"),
        *(
            "--output-format gitlab",
            "--statistics",
            "--select AC2,AC3,AC4",
            "--set VAR=1,2",
            "--freeze LAYER",
        ),
    ),
    "explain": ("LAYER", "LAYER.params", "params", "memory"),
    "export": ("--to torch",),
    "sweep": (
        *("--set VAR=1..4", "--set VAR=1..1000000000", "--set VAR=8,64 --where params<3", "--set x=1..4"),
        *("--input INPUT=SHAPE", "--set VAR=2..64*2 --columns params,macs,memory,output_shape,rf"),
    ),
    "solve": (
        *("--for VAR --want params=1M", "--for VAR --want macs<=1G", "--for SIZE --want memory<=24MiB"),
        *("--for SIZE --want output=7", "--for VAR --sizes", "--sizes", "--for VAR --want output_shape=10"),
    ),
    "compare": ("lenet5", "lenet5 --pareto params,macs", "lenet5 --sort -params"),
    "diff": ("lenet5", "lenet5 --all", "lenet5 --fail-on params>+5%", "lenet5 --set-a VAR=3"),
}
"""Command -> options of which it gets none, one or two; in capitals what the spec has, as ``_names`` says."""
NEEDY = ("decode", "sweep", "solve", "diff", "export")
"""Commands that need an option, or another network."""
NAMED = re.compile("VAR|INPUT|SHAPE|SIZE|LAYER")
FORMATS = ("table", "json", "csv", "markdown", "latex")


class Mutant(NamedTuple):
    """A command line, and the text of the spec that it reads from standard input."""

    arguments: tuple[str, ...]
    text: str


def mutant(seed: int, specs: "Sequence[object]") -> Mutant:
    """The mutant of a seed: one to five changes of one of the specs, or none of it and an odd command."""
    draw = Random(seed)  # noqa: S311  nothing is secret
    data = _copied(draw.choice(specs))
    pool = [part for spec in draw.sample(list(specs), min(3, len(specs))) for part in _parts(spec)]
    for _ in range(draw.choice((0, 1, 1, 2, 3, 5))):
        data = _changed(draw, data, pool)
    return Mutant(_line(draw, data), dumps(data, ensure_ascii=draw.random() < 0.5))


def _line(draw: Random, data: object) -> tuple[str, ...]:
    command = draw.choice(sorted(COMMANDS))
    least = int(command in NEEDY)
    options = draw.sample(COMMANDS[command], draw.randint(least, min(2, len(COMMANDS[command]))))
    words = words_of(" ".join(options), names_of(draw, data))
    if draw.random() < 0.1 and words:
        odd = str(draw.choice((*TEXTS, *NUMBERS))).replace("\0", "")
        words[draw.randrange(len(words))] = odd if odd != "/" else "."  # the whole machine is no spec
    if command not in ("check", "export", "explain") and draw.random() < 0.5:
        words += ["--format", draw.choice(FORMATS)]
    return (command, "-", *words)


def words_of(options: str, names: "Mapping[str, str]") -> list[str]:
    """Words of a command line, with the names of a spec in place of those in capitals."""
    return [NAMED.sub(lambda found: names[found[0]], word) for word in options.split()]


def names_of(draw: Random, data: object) -> dict[str, str]:
    """What of a spec stands in a command line: a variable, an input, its shape, a size of it, a layer."""
    spec = _mapping(data)
    inputs = _keys(spec.get("inputs"))
    chosen, shape = draw.choice(inputs or ["input"]), ["3", *[draw.choice(("8", "64", "224", "7..9"))] * 2]
    told = [cast("dict[str, object]", holder)["name"] for holder, key in _slots(data) if key == "name"]
    named = [name for name in told if isinstance(name, str)]
    layers = [name for name in named if name.strip() and "\0" not in name and not name.startswith("-")]
    return {
        "VAR": draw.choice(_keys(spec.get("vars")) or ["width"]),
        "INPUT": chosen,
        "SHAPE": ",".join(shape[: draw.randint(1, 3)]),
        "SIZE": f"{chosen}[{draw.randint(0, 2)}]",
        "LAYER": draw.choice(layers or ["conv_0", "linear_0", "0"]),
    }


def _mapping(data: object) -> dict[str, object]:
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}


def _keys(data: object) -> list[str]:
    return [key for key in _mapping(data) if key and "\0" not in key]


def _copied(data: object) -> object:
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in cast("dict[str, object]", data).items()}
    return [_copied(each) for each in cast("list[object]", data)] if isinstance(data, list) else data


def _slots(data: object) -> "Iterator[Slot]":
    """Every place of a value, from the top down."""
    waiting = [data]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            mapping = cast("dict[str, object]", at)
            yield from ((mapping, key) for key in mapping)
            waiting += mapping.values()
        elif isinstance(at, list):
            listed = cast("list[object]", at)
            yield from ((listed, index) for index in range(len(listed)))
            waiting += listed


def _parts(data: object) -> "Iterator[object]":
    return (_at(slot) for slot in _slots(data))


def _at(slot: "Slot") -> object:
    return cast("dict[object, object]", slot[0])[slot[1]]


def _changed(draw: Random, data: object, pool: "Sequence[object]") -> object:
    slots = list(_slots(data))
    if not slots:
        return data
    if draw.random() < 0.1 and isinstance(data, dict):
        data = cast("dict[str, object]", data)
        data[draw.choice(WHOLE)] = _value(draw, None, pool)
        return data
    where, key = draw.choice(slots)
    value = _at((where, key))
    new = draw.choice(CHANGES)(draw, value, pool)
    if new is GONE:
        del cast("dict[object, object]", where)[key]
    else:
        cast("dict[object, object]", where)[key] = new
    return data


GONE = object()


def _value(draw: Random, value: object, pool: "Sequence[object]") -> object:
    """A value of another kind, or an extreme one of the same."""
    kinds: Sequence[Sequence[object]] = (NUMBERS, TEXTS, OTHERS, pool)
    if isinstance(value, int) and not isinstance(value, bool) and draw.random() < 0.7:
        return draw.choice(NUMBERS)
    return _copied(draw.choice(draw.choice(kinds)))


def _with_key(draw: Random, value: object, pool: "Sequence[object]") -> object:
    """An entry with one more key."""
    if isinstance(value, str):
        value = {"type": value}
    if not isinstance(value, dict):
        return _value(draw, value, pool)
    return {**cast("dict[str, object]", value), draw.choice(KEYS): _value(draw, 1, pool)}


def _longer(draw: Random, value: object, pool: "Sequence[object]") -> object:
    """A list, or a list of the value, many times as long."""
    places = 1 + sum(1 for _ in _slots(value))
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    most = max(1, 3000 // places)
    times = min(most, draw.choice((2, 3, 10, 100, 2000)))
    # Each is a copy: what is changed in one of them would be in all, and lists of lists of texts had no end.
    return [_copied(each) for _ in range(times) for each in listed] or [_value(draw, None, pool)]


def _nested(draw: Random, value: object, _: "Sequence[object]") -> object:
    """A value deep inside of containers."""
    for _depth in range(draw.choice((1, 2, 10, 45))):
        value = {"type": draw.choice(("Sequential", "Vmap")), "layers": [value]}
    return value


def _repeated(draw: Random, value: object, pool: "Sequence[object]") -> object:
    entry: object = {"type": value} if isinstance(value, str) else value
    if not isinstance(entry, dict):
        return _value(draw, value, pool)
    return {**cast("dict[str, object]", entry), "repeat": draw.choice((2, 30, 300, 1000, 10_000, 10**9))}


def _removed(_: Random, __: object, ___: "Sequence[object]") -> object:
    return GONE


CHANGES: "tuple[Changed, ...]" = (_value, _value, _value, _with_key, _longer, _nested, _repeated, _removed)
