"""Command lines: every command with its options, in them names that the spec has, or a layer of it alone."""

import re
from json import dumps
from typing import TYPE_CHECKING, cast

from tests.fuzzing.parts import NUMBERS, TEXTS, parts_of, slots_of, value_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

COMMANDS: dict[str, tuple[str, ...]] = {
    "shapes": ("--depth 1", "--depth -3", "--set VAR=3", "--input INPUT=SHAPE", "--symbolic"),
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
        *("--output-format gitlab", "--statistics", "--select AC2,AC3,AC4", "--set VAR=1,2"),
        "--freeze LAYER",
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
"""Command -> options of which it gets none, one or two; in capitals what ``names_of`` finds in the spec."""
NEEDY = ("decode", "sweep", "solve", "diff", "export")
"""Commands that need an option, or another network."""
NAMED = re.compile("VAR|INPUT|SHAPE|SIZE|LAYER")
FORMATS = ("table", "json", "csv", "markdown", "latex")
ALONE = ("layer", "solve", "hdc", "layers")
"""Commands that ask for a layer without a spec."""
COMMON = ("type", "name", "from", "when", "repeat")
"""Keys that say nothing of the layer itself."""
LONGEST = 10_000
"""Characters of a word of a command line."""
SHAPES = ("3,8,8", "3,224,224", "16", "64,100", "100:int64", "=width,7", "0,3", "1000000,4096", "2,2,2,2")
WANTS = ("output=7", "params<=1M", "output_shape=3,7,7", "macs=1G")


def line_of(draw: "Random", data: object) -> tuple[str, ...]:
    """A command for a spec, which it reads from standard input, or for a layer of it alone."""
    if draw.random() < 0.1:
        return _alone(draw, data)
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


def _alone(draw: "Random", data: object) -> tuple[str, ...]:
    command = draw.choice(ALONE)
    form = ("--format", draw.choice(FORMATS)) if draw.random() < 0.5 else ()
    if command == "hdc":
        rates = [str(draw.choice(NUMBERS)) for _ in range(draw.choice((1, 2, 5, 40)))]
        kernel = ("--kernel", str(draw.choice(NUMBERS))) if draw.random() < 0.5 else ()
        return (command, *rates, *kernel, *form)
    entries = [_mapping(part) for part in parts_of(data)]
    known: dict[str, object] = {"type": "ReLU"}
    entry = draw.choice([each for each in entries if isinstance(each.get("type"), str)] or [known])
    kind = str(entry["type"]).replace("\0", "")
    if command == "layers":
        return (command, kind, *form)
    own = {key: 8 if str(value)[:1] == "=" else value for key, value in entry.items() if key not in COMMON}
    given = [f"{key}={dumps(value)}" for key, value in own.items()]
    words = [word.replace("\0", "") for word in given if len(word) < LONGEST]
    shapes = [draw.choice(SHAPES) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    if command == "layer":
        return (command, kind, *shapes, *words, *form)
    name = draw.choice([word.partition("=")[0] for word in words] or ["kernel_size"])
    asked = ("--want", draw.choice(WANTS)) if draw.random() < 0.8 else ("--sizes",)
    return (command, kind, *shapes, *words, "--for", name, *asked, *form)


def words_of(options: str, names: "Mapping[str, str]") -> list[str]:
    """Words of a command line, with the names of a spec in place of those in capitals."""
    return [NAMED.sub(lambda found: names[found[0]], word) for word in options.split()]


def names_of(draw: "Random", data: object) -> dict[str, str]:
    """What of a spec stands in a command line: a variable, an input, its shape, a size of it, a layer."""
    spec = _mapping(data)
    inputs = _keys(spec.get("inputs"))
    chosen, shape = draw.choice(inputs or ["input"]), ["3", *[draw.choice(("8", "64", "224", "7..9"))] * 2]
    told = [value_at(slot) for slot in slots_of(data) if slot[1] == "name"]
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
