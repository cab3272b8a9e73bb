"""What is measured: a table for each question, all of whose rows are of one run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import Took, in_turn
from benchmarks.peers import NETWORKS, ON_META, TOO_LARGE, TOOLS

COMMANDS = {
    "shapes": ("shapes",),
    "params": ("params",),
    "params, json": ("params", "--format", "json"),
    "rf": ("rf",),
    "summary": ("summary",),
    "check": ("check",),
}
FLOOR = ("-m", "benchmarks.floor")
MIB = 2**20
FEW = ("lenet5",)
"""The networks of a quick run."""


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Args:
        rounds: of every whole process.
        networks: whose tables are asked for.
        tools: other counters.
        layers: of networks in one process, by form.
        files: under ``check``.
        candidates: of a sweep.
        reads: whether the reader of torch modules runs.
    """

    rounds: int
    networks: tuple[str, ...]
    tools: tuple[str, ...]
    layers: Mapping[str, tuple[int, ...]]
    files: int
    candidates: int
    reads: bool


FULL = Extent(
    rounds=7,
    networks=tuple(NETWORKS),
    tools=tuple(TOOLS),
    layers={
        "repeated": (100, 1_000, 10_000, 100_000, 1_000_000),
        "flat": (100, 1_000, 10_000, 100_000),
        "distinct": (1_000, 10_000, 100_000),
    },
    files=1_000,
    candidates=1_000_000,
    reads=True,
)
QUICK = Extent(0, FEW, (), {"repeated": (100,), "flat": (100,)}, files=20, candidates=0, reads=False)


@dataclass(frozen=True)
class Measured:
    """A table of one question.

    Args:
        title: the question.
        told: what the numbers are.
        headers: of the columns.
        rows: cells as they are printed.
    """

    title: str
    told: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def archcalc(*words: str) -> tuple[str, ...]:
    """Words behind ``python`` for a command line."""
    return ("-m", "archcalc", *words)


def against_floor(extent: Extent, environment: Mapping[str, str]) -> Measured:
    """Whole processes beside the libraries that they import."""
    asked = {
        (command, network): archcalc(words[0], network, *words[1:])
        for network in extent.networks
        for command, words in COMMANDS.items()
    }
    lone = {"--help": archcalc("--help"), "--version": archcalc("--version")}
    names = {f"{command} {network}": words for (command, network), words in asked.items()} | lone
    took = in_turn({"floor": FLOOR, **names}, environment, extent.rounds)
    floor = took["floor"]
    rows = [
        (name, _times(each.seconds, floor.seconds), _memory(each), *_fault(each))
        for name, each in took.items()
        if name != "floor"
    ]
    told = (
        f"CPU time of a process in floors, and its peak memory. The floor, {floor.seconds * 1000:.0f} ms and"
        f" {floor.memory / MIB:.0f} MiB, is a process that imports typer, rich.table, rich.console, pydantic"
        " and PyYAML, and makes one small pydantic model."
    )
    return Measured("Whole commands against the floor", told, ("Command", "CPU, floors", "Peak"), tuple(rows))


def against_others(extent: Extent, environment: Mapping[str, str]) -> Measured:
    """Whole processes beside those of other counters on the same networks."""
    rows: list[tuple[str, ...]] = []
    for network in extent.networks:
        commands: dict[str, Sequence[str]] = {"summary": archcalc("summary", network)}
        for tool in extent.tools:
            if tool == ON_META or network not in TOO_LARGE:
                commands[tool] = ("-m", "benchmarks.peers", tool, network)
        took = in_turn(commands, environment, min(1, extent.rounds))
        own = took.pop("summary")
        for tool, each in took.items():
            rows.append((network, tool, *_beside(each, own)))
        left_out = (tool for tool in extent.tools if tool not in commands)
        rows += [(network, tool, "not run", "its weights fill the memory") for tool in left_out]
    told = "How many times the CPU time and the peak memory of `archcalc summary` another counter takes."
    return Measured("Other counters", told, ("Network", "Counter", "CPU, times", "Peak, times"), tuple(rows))


def growth(extent: Extent, environment: Mapping[str, str]) -> Measured:
    """Time a layer, in one process, over the number of layers."""
    rows: list[tuple[str, ...]] = []
    for form, counts in extent.layers.items():
        for count in counts:
            words = ("-m", "benchmarks.growth", form, str(count))
            took = in_turn({form: words}, environment, 0)[form]
            rows.append((form, f"{count:,}", *_a_layer(took, count)))
    told = (
        "Microseconds of CPU time a layer. Repeated: one entry with `repeat`; flat: an entry for every layer,"
        " and all of them are different from their neighbours, with 64 widths in turn; distinct: every layer"
        " has a width of its own. Of both the kernels are 3, so each layer has a field of its own. Bytes"
        " are those of memory, and what torchinfo counts; traced: a trace and all analyses together; the"
        " table of a summary is one row of a repeat."
    )
    headers = ("Form", "Layers", "load", "trace", "params", "rf", "bytes", "traced", "table", "Peak")
    return Measured("Time a layer", told, headers, tuple(rows))


def _a_layer(took: Took, count: int) -> tuple[str, ...]:
    if took.fault:
        return (f"refused: {took.fault}", *("",) * 7)
    steps: dict[str, float] = json.loads(took.said)
    return (*(f"{seconds / count * 1e6:.1f}" for seconds in steps.values()), _memory(took))


def many(extent: Extent, environment: Mapping[str, str]) -> Measured:
    """Work on many things at once: files, candidates, a torch module."""
    with TemporaryDirectory() as folder:
        for index in range(extent.files):
            text = _small(index)
            Path(folder, f"net{index}.yaml").write_text(text, encoding="utf-8")
        asked: dict[str, Sequence[str]] = {
            f"check of {extent.files:,} files": archcalc("check", folder, "--output-format", "concise"),
        }
        if extent.candidates:
            asked[f"sweep of {extent.candidates:,} candidates"] = archcalc(*_sweep(folder, extent.candidates))
        if extent.reads:
            made = "torchvision.models:resnet50"
            asked["read torchvision's resnet50"] = archcalc(
                "shapes", made, "--input", "3,224,224", "--no-cache"
            )
            alone = "from archcalc.bridge.libraries import imported; imported('torchvision')"
            asked["import torch and torchvision alone"] = ("-c", alone)
        took = in_turn(asked, environment, 0)
    rows = [(name, f"{each.seconds:.2f} s", _memory(each), *_fault(each)) for name, each in took.items()]
    told = "CPU time of all processes of a command together, and the peak memory of the largest of them."
    return Measured("Many at once", told, ("Work", "CPU", "Peak"), tuple(rows))


def _small(index: int) -> str:
    """One of many small specs, no two of them alike, in which there is nothing to find."""
    return (
        f"inputs: {{image: [3, {32 + index % 7}, 32]}}\n"
        "layers:\n"
        f"  - {{type: Conv2d, out_channels: {8 + index}, kernel_size: 3, padding: 1, bias: false}}\n"
        "  - BatchNorm2d\n  - ReLU\n  - {type: AdaptiveAvgPool2d, output_size: 1}\n  - Flatten\n"
        "  - {type: Linear, out_features: 10}\n"
    )


def _sweep(folder: str, candidates: int) -> tuple[str, ...]:
    """A sweep of two widths and an input, as many values of the first as it takes."""
    spec = Path(folder, "swept", "net.yaml")
    spec.parent.mkdir()
    lines = (
        "vars: {first: 8, second: 8}",
        "inputs: {image: [3, 64, 64]}",
        "layers:",
        "  - {type: Conv2d, out_channels: =first, kernel_size: 3, padding: 1, bias: false}",
        "  - BatchNorm2d",
        "  - ReLU",
        "  - {type: Conv2d, out_channels: =second, kernel_size: 3, padding: 1}",
        "  - {type: AdaptiveAvgPool2d, output_size: 1}",
        "  - Flatten",
        "  - {type: Linear, out_features: 10}",
        "",
    )
    spec.write_text("\n".join(lines), encoding="utf-8")
    side = round(candidates**0.5)
    values = f"1..{side}"
    output = str(Path(folder, "swept.csv"))
    return ("sweep", str(spec), "--set", f"first={values}", "--set", f"second={values}", "-o", output)


SECTIONS = (against_floor, against_others, growth, many)


def _times(value: float, unit: float) -> str:
    return f"{value / unit:.2f}" if unit and value else "-"


def _beside(each: Took, own: Took) -> tuple[str, str]:
    if each.fault:
        return "fails", each.fault
    return f"{each.seconds / own.seconds:.1f}", f"{each.memory / own.memory:.1f}"


def _memory(took: Took) -> str:
    return f"{took.memory / MIB:.0f} MiB" if took.memory else "-"


def _fault(took: Took) -> tuple[str, ...]:
    return (took.fault,) if took.fault else ()
