"""Command lines: every command of the application, in its ways and formats."""

from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.cli.commands import COMMANDS, command
from archcalc.cli.formats import FindingFormat, Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPECS = Path(__file__).parent / "specs"
SHIPPED = Path(__file__).parent.parent.parent / "specs"
ENCODER_DECODER = str(SPECS / "encoder_decoder.yaml")
GROUPED_HEADS = str(SPECS / "grouped_heads.yaml")
DIFFERENT = {path.stem: str(path.relative_to(SHIPPED.parent)) for path in (SPECS / "diff").glob("*.yaml")}
"""Small specs that differ in one thing from ``base``, by that."""
LINES: dict[str, tuple[tuple[str, ...], ...]] = {
    "shapes": (("lenet5",), ("lenet5", "--symbolic")),
    "params": (
        ("lenet5",),
        ("lenet5", "--symbolic"),
        (ENCODER_DECODER, "--parts"),
        ("lenet5", "--freeze", "*"),
    ),
    "rf": (
        ("lenet5",),
        ("dilated_context", "--check-hdc"),
        ("resnet18", "--from", "layer3", "--layer", "layer4"),
        ("resnet18", "--from", "layer4.0.conv1"),
        ("lenet5", "--from", "image"),
        ("lenet5", "--from", "image", "--layer", "s2"),
        ("lenet5", "--layer", "s2", "--at", "3,10", "--picture", "--coverage"),
        ("lenet5", "--coverage"),
    ),
    "summary": (
        ("resnet18",),
        ("lenet5", "--columns", "params,memory", "--sort", "macs", "--batch", "4", "--depth", "1"),
    ),
    "macs": (
        ("lenet5",),
        ("lenet5", "--symbolic"),
        ("lenet5", "--by", "type", "--sort", "bytes", "--backward"),
        ("lenet5", "--device", "a100", "--step-time", "1ms"),
    ),
    "attention": ((ENCODER_DECODER,),),
    "memory": (
        ("lenet5",),
        ("lenet5", "--train", "--optimizer", "adam", "--batch", "4", "--accumulate", "2"),
        ("resnet18", "--train", "--checkpoint", "layer?.?", "--dtype", "bfloat16", "--master"),
        ("lenet5", "--fit", "1MiB"),
        ("lenet5", "--fit", "1MiB", "--for", "classes"),
        ("lenet5", "--batches", "1,2..8", "--plot"),
        (GROUPED_HEADS, "--train", "--dp", "4", "--tp", "2", "--zero", "2"),
        (GROUPED_HEADS, "--context", "64", "--page", "16", "--cache-dtype", "fp8", "--pp", "2"),
    ),
    "decode": (
        (ENCODER_DECODER, "--prompt", "1", "--new", "3"),
        (GROUPED_HEADS, "--prompt", "5", "--new", "3", "--page", "4", "--cache-dtype", "int4"),
    ),
    "sweep": (
        ("lenet5", "--set", "classes=10..30:10", "--where", "params < 62K", "--sort", "-macs"),
        ("resnet18", "--set", "size=32,64", "--columns", "output_shape,receptive_field,memory"),
        ("gpt2", "--set", "width=96..160:32", "--set", "heads=6,8", "--set", "depth=1"),
    ),
    "signal": (
        ("lenet5",),
        ("lstm_language_model", "--init", "xavier_uniform"),
        ("resnet20_cifar", "--depth", "1", "--init", "zero_last_norm"),
        ("lenet_1998", "--init", "trunc_normal:0.02"),
    ),
    "check": ((str(SHIPPED / "dilated_context.yaml"),), (str(SHIPPED / "resnet18.yaml"),)),
    "diff": (("lenet5", "vgg11"), ("lenet5", "lenet5")),
    "compare": (("lenet5", "vgg11"),),
    "verify": (("lenet5",), ("lenet5", "--receptive-field", "--numeric")),
    "import": (("torchvision.models:resnet18", "--input", "3,64,64"),),
    "export": (("lenet5", "--to", "torch"),),
    "explain": (
        (),
        ("AC301",),
        ("lenet5",),
        ("lenet5", "c1"),
        (ENCODER_DECODER, "encoder.layers.0.self_attn"),
        ("Conv2d", "3,8,8", "out_channels=4", "kernel_size=3"),
    ),
    "solve": (
        ("lenet5", "--for", "classes", "--want", "params=1M"),
        ("lenet5", "--sizes"),
        ("Conv2d", "3,9,9", "--for", "padding", "--want", "output=5", "kernel_size=3", "stride=2"),
    ),
    "layer": (("Conv2d", "3,8,8", "out_channels=4", "kernel_size=3"), ("BasicBlock", "8,8,8", "width=8")),
    "hdc": (("1", "2", "5"),),
    "layers": ((), ("Conv2d",), ("Residual",), ("Bottleneck",)),
    "zoo": ((),),
    "new": ((),),
    "schema": ((),),
}
"""Every command, in every way that runs other analyses."""
FORMATS: "dict[str, type[Format | FindingFormat]]" = {
    "--format": Format,
    "--output-format": FindingFormat,
}


def commands() -> "dict[str, Callable[..., object]]":
    """The commands of the application by name, in its order."""
    return {name: command(name) for name in COMMANDS}


def formats(command: "Callable[..., object]") -> tuple[tuple[str, ...], ...]:
    """Every format of a command, as words of its command line."""
    form = signature(command).parameters.get("form")
    default: object = None if form is None else form.default
    known = ((option, of) for option, of in FORMATS.items() if isinstance(default, of))
    return tuple((option, each.value) for option, of in known for each in of) or ((),)


def command_lines() -> "Iterator[tuple[str, ...]]":
    """Every command in each of its ways and formats."""
    for name, function in commands().items():
        yield from ((name, *line, *form) for line in LINES.get(name, ()) for form in formats(function))
