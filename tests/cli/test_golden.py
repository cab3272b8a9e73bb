"""The commands' real output, at a fixed width and without colours, as files."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.lines import DIFFERENT, ENCODER_DECODER, GROUPED_HEADS
from tests.cli.running import Ran, run

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parent / "golden"
COMMANDS = {
    "shapes_lenet5": ("shapes", "lenet5"),
    "shapes_resnet18_narrow": ("shapes", "resnet18", "--depth", "2"),
    "shapes_symbolic": ("shapes", "lenet5", "--symbolic"),
    "shapes_symbolic_json": ("shapes", "lenet5", "--symbolic", "--format", "json"),
    "shapes_symbolic_latex": ("shapes", "lenet5", "--symbolic", "--format", "latex"),
    "macs_symbolic": ("macs", "vit_b_16", "--symbolic", "--format", "markdown"),
    "solve_width": ("solve", "bert_base", "--for", "width", "--want", "params=100M"),
    "solve_limits": (
        *("solve", "unet", "--for", "width", "--want", "params<=20M and macs<=50G", "--range", "8..512:8"),
        *("--format", "json"),
    ),
    "solve_shape": ("solve", "unet", "--for", "size", "--want", "output=400", "--format", "markdown"),
    "solve_sizes": ("solve", "swin_t", "--sizes", "--for", "size"),
    "solve_sizes_json": (
        "solve",
        "pix2pix_generator",
        "--sizes",
        "--for",
        "image.1,image.2",
        "--format",
        "json",
    ),
    "solve_layer": (
        *("solve", "MaxPool2d", "8,112,112", "--for", "padding", "--want", "output=56"),
        *("kernel_size=3", "stride=2", "ceil_mode=true"),
    ),
    "shapes_lenet5_markdown": ("shapes", "lenet5", "--format", "markdown"),
    "shapes_lenet5_csv": ("shapes", "lenet5", "--format", "csv"),
    "params_lenet5": ("params", "lenet5"),
    "params_alexnet_folded": ("params", "alexnet", "--depth", "1"),
    "params_lenet5_csv": ("params", "lenet5", "--format", "csv"),
    "params_parts": ("params", "lstm_language_model", "--parts"),
    "rf_past": ("rf", "lstm_language_model"),
    "layer_lstm": ("layer", "LSTM", "5,10", "hidden_size=20", "proj_size=8"),
    "rf_resnet50": ("rf", "resnet50", "--depth", "1"),
    "rf_layer": ("rf", "resnet50", "--layer", "layer4"),
    "rf_layer_json": ("rf", "vgg16", "--layer", "features.30", "--format", "json"),
    "rf_unit": ("rf", "resnet50", "--at", "3,5"),
    "rf_picture": ("rf", "lenet5", "--layer", "s2", "--at", "3,10", "--picture", "--coverage"),
    "rf_way_back": ("rf", "resnet18", "--from", "layer3", "--layer", "layer4"),
    "rf_from": ("rf", "resnet18", "--from", "layer4.0.conv1"),
    "rf_unit_json": ("rf", "alexnet", "--layer", "features.12", "--at", "0,0", "--format", "json"),
    "rf_hdc": ("rf", "dilated_context", "--depth", "1", "--check-hdc"),
    "sweep": (
        *("sweep", "gpt2", "--set", "width=96..160:32", "--set", "heads=6,8", "--set", "depth=1,2"),
        *("--where", "params < 12M", "--sort", "-macs", "--columns", "params,macs,memory,output_shape"),
    ),
    "sweep_json": ("sweep", "lenet5", "--set", "classes=0..2", "--format", "json"),
    "sweep_csv": (
        "sweep",
        "lenet5",
        "--set",
        "classes=0..2",
        "--input",
        "image=1,31..32,32",
        "--format",
        "csv",
    ),
    "summary_resnet18": ("summary", "resnet18"),
    "summary_narrow": ("summary", "unet", "--depth", "2"),
    "summary_columns": (
        *("summary", "resnet18", "--columns", "type,kernel,params,share,macs_share,activations,memory"),
        *("--sort", "memory", "--depth", "1", "--batch", "8", "--dtype", "bfloat16"),
    ),
    "summary_csv": ("summary", "lenet5", "--columns", "name,output,trainable,flops", "--format", "csv"),
    "summary_latex": ("summary", "lenet5", "--sort", "params", "--format", "latex"),
    "summary_lenet5_json": ("summary", "lenet5", "--format", "json"),
    "layer_conv": (
        "layer",
        "Conv2d",
        "3,224,224",
        "out_channels=64",
        "kernel_size=7",
        "stride=2",
        "padding=3",
    ),
    "layer_add": ("layer", "Add", "64,56,56", "64,1,1"),
    "layer_block": ("layer", "BasicBlock", "64,56,56", "width=128", "stride=2"),
    "explain_layer": ("explain", "resnet18", "conv1"),
    "explain_layer_markdown": ("explain", "resnet18", "layer1.0.bn1", "--format", "markdown"),
    "explain_layer_latex": ("explain", "resnet18", "maxpool", "--format", "latex"),
    "explain_attention_latex": ("explain", "MultiheadAttention", "4,8", "num_heads=2", "--format", "latex"),
    "explain_layer_json": ("explain", "lenet5", "c1", "--format", "json"),
    "explain_sums": ("explain", "resnet18"),
    "explain_container": ("explain", "gpt2", "transformer.h.0"),
    "shapes_lenet5_latex": ("shapes", "lenet5", "--format", "latex"),
    "verify_against": ("verify", "resnet50", "--against", "torchvision.models:resnet50"),
    "verify_lenet5": ("verify", "lenet5"),
    "hdc_full": ("hdc", "1", "2", "5"),
    "hdc_holes": ("hdc", "2", "2", "2"),
    "hdc_json": ("hdc", "1", "2", "9", "--kernel", "5", "--format", "json"),
    "layers": ("layers",),
    "layers_conv2d": ("layers", "Conv2d"),
    "layers_block": ("layers", "Bottleneck"),
    "macs_lenet5": ("macs", "lenet5"),
    "macs_backward": ("macs", "resnet18", "--depth", "1", "--backward", "--batch", "32"),
    "macs_by_type": ("macs", "vit_b_16", "--by", "type", "--sort", "flops"),
    "macs_device": (
        *("macs", "gpt2", "--depth", "1", "--causal", "--dtype", "bfloat16", "--device", "h100"),
        *("--backward", "--batch", "8", "--step-time", "35ms"),
    ),
    "macs_convention": ("macs", "resnet18", "--depth", "2", "--convention", "fvcore"),
    "macs_compare": ("macs", "lenet5", "--compare"),
    "macs_json": ("macs", "lenet5", "--by", "type", "--format", "json"),
    "attention_narrow": ("attention", ENCODER_DECODER),
    "attention_wide": ("attention", ENCODER_DECODER),
    "attention_grouped": ("attention", GROUPED_HEADS),
    "attention_csv": ("attention", GROUPED_HEADS, "--format", "csv"),
    "attention_markdown": ("attention", "mae_vit", "--format", "markdown"),
    "attention_json": ("attention", ENCODER_DECODER, "--set", "layers=1", "--format", "json"),
    "attention_none": ("attention", "seq2seq_attention"),
    "memory_resnet18": ("memory", "resnet18", "--batch", "8"),
    "memory_training": ("memory", "resnet18", "--train", "--batch", "8", "--checkpoint", "layer?.?"),
    "memory_fit": ("memory", "lenet5", "--train", "--optimizer", "sgd", "--fit", "16MiB"),
    "memory_devices": (
        *("memory", "llama_3_8b", "--train", "--dp", "8", "--tp", "8", "--pp", "4", "--zero", "1"),
        *("--dtype", "bfloat16", "--master", "--sp"),
    ),
    "memory_experts": ("memory", "mixtral_8x7b", "--ep", "8", "--tp", "2", "--dtype", "bfloat16"),
    "memory_cache": (
        *("memory", "mistral_7b", "--dtype", "bfloat16", "--context", "32768", "--cache-dtype", "fp8"),
        *("--page", "16", "--batch", "8"),
    ),
    "memory_sequence": ("memory", "llama_3_8b", "--set", "depth=2", "--fit", "24GiB", "--for", "sequence"),
    "memory_batches": ("memory", "resnet18", "--train", "--batches", "1,2,4..64", "--plot"),
    "memory_devices_json": ("memory", GROUPED_HEADS, "--tp", "2", "--context", "9", "--format", "json"),
    "memory_json": ("memory", "lenet5", "--format", "json"),
    "memory_csv": ("memory", "lenet5", "--train", "--optimizer", "lion", "--format", "csv"),
    "decode_narrow": ("decode", GROUPED_HEADS, "--prompt", "10", "--new", "40", "--batch", "2"),
    "decode_memory": ("decode", ENCODER_DECODER, "--prompt", "1", "--new", "5", "--dtype", "float32"),
    "decode_pages": (
        *("decode", GROUPED_HEADS, "--prompt", "10", "--new", "40", "--page", "16", "--cache-dtype", "fp8"),
    ),
    "decode_csv": ("decode", GROUPED_HEADS, "--prompt", "10", "--new", "14", "--format", "csv"),
    "decode_states": ("decode", "lstm_language_model", "--prompt", "3", "--new", "4"),
    "decode_json": ("decode", ENCODER_DECODER, "--prompt", "1", "--new", "2", "--format", "json"),
    "signal_lenet5": ("signal", "lenet5"),
    "signal_narrow": ("signal", "resnet20_cifar", "--depth", "2"),
    "signal_vanishes": ("signal", "vdsr", "--depth", "1"),
    "signal_steps": ("signal", "lstm_language_model", "--init", "orthogonal"),
    "signal_unruled": ("signal", "gcn_cora"),
    "signal_json": ("signal", "lenet_1998", "--init", "lecun", "--format", "json"),
    "signal_csv": ("signal", "gru_classifier", "--format", "csv"),
    "params_parts_attention": ("params", ENCODER_DECODER, "--set", "layers=1", "--parts"),
    "params_parts_csv": ("params", ENCODER_DECODER, "--set", "layers=1", "--parts", "--format", "csv"),
    "params_frozen": (
        "params",
        ENCODER_DECODER,
        "--depth",
        "1",
        "--freeze",
        "source_*",
        "--freeze",
        "encoder.*",
    ),
    "import_resnet18": ("import", "torchvision.models:resnet18", "--input", "3,224,224"),
    "summary_of_a_module": ("summary", "torchvision.models:resnet18", "--input", "3,224,224", "--depth", "1"),
    "export_unet": ("export", "unet", "--to", "torch"),
    "diff_resnets": ("diff", "resnet18", "resnet34"),
    "diff_decoders": ("diff", "gpt2", "llama_2_7b"),
    "diff_module": ("diff", "resnet18", "torchvision.models:resnet18"),
    "diff_stride": ("diff", DIFFERENT["base"], DIFFERENT["stride"]),
    "diff_renamed": ("diff", DIFFERENT["base"], DIFFERENT["renamed"]),
    "diff_inserted": ("diff", DIFFERENT["base"], DIFFERENT["inserted"]),
    "diff_reordered": ("diff", DIFFERENT["base"], DIFFERENT["reordered"]),
    "diff_var": ("diff", DIFFERENT["base"], "--set-b", "width=24"),
    "diff_inputs": ("diff", "resnet18", "--input-b", "image=3,128,128"),
    "diff_all": ("diff", DIFFERENT["base"], DIFFERENT["stride"], "--all"),
    "diff_vgg": ("diff", "vgg11", "vgg16"),
    "diff_markdown": ("diff", "resnet18", "resnet34", "--format", "markdown"),
    "diff_module_markdown": ("diff", "resnet18", "torchvision.models:resnet18", "--format", "markdown"),
    "diff_put_together": (
        *("diff", "convnext_tiny", "torchvision.models:convnext_tiny"),
        *("--set-a", "size=32", "--format", "markdown"),
    ),
    "diff_csv": ("diff", DIFFERENT["base"], DIFFERENT["stride"], "--format", "csv"),
    "diff_json": ("diff", DIFFERENT["base"], DIFFERENT["reordered"], "--format", "json"),
    "compare": ("compare", "resnet18", "resnet34", "mobilenet_v2", "vgg11", "--sort", "-macs"),
    "compare_narrow": ("compare", "resnet18", "resnet34", "mobilenet_v2"),
    "compare_markdown": ("compare", "gpt2", "bert_base", "--pareto", "params,memory", "--format", "markdown"),
    "compare_json": ("compare", "resnet18", "gpt2", "--format", "json"),
    "zoo": ("zoo",),
    "new": ("new",),
}
FOOTER = re.compile(r"(params|embedding|MACs) [\d,]+")
WIDTH = {
    "macs_compare": 260,
    "compare": 130,
    "compare_narrow": 80,
    "diff_stride": 160,
    "diff_decoders": 160,
    "diff_vgg": 160,
    "diff_inserted": 80,
    "macs_device": 150,
    "shapes_resnet18_narrow": 60,
    "summary_narrow": 60,
    "signal_narrow": 80,
    "signal_vanishes": 160,
    "zoo": 80,
    "rf_past": 80,
    "layers": 100,
    "layers_conv2d": 80,
    "attention_narrow": 80,
    "attention_wide": 160,
    "attention_none": 80,
    "explain_layer": 130,
    "decode_narrow": 80,
    "params_parts_attention": 80,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_output_is_the_one_on_file(
    name: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH.get(name, 100)))
    for variable in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
        monkeypatch.delenv(variable, raising=False)
    ran = run(capsys, *COMMANDS[name])
    if name.startswith("import"):  # what it says of the spec stands beside the spec
        ran = Ran(ran.code, ran.out + ran.err, "")
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("--write-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(ran.out, encoding="utf-8")
    assert ran.out == path.read_text(encoding="utf-8")
    assert not ran.err
    assert "\x1b" not in ran.out


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(COMMANDS)


@pytest.mark.parametrize("name", ["params_lenet5", "params_parts", "params_frozen"])
def test_totals_are_the_sums_of_the_rows(name: str) -> None:
    text = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    head = next(line for line in text.splitlines() if line.startswith("Layer"))
    for header, footer in (("Params", r"params ([\d,]+)"), ("MACs", r"MACs ([\d,]+)")):
        stated = re.search(footer, text)
        if header in head and stated:
            assert sum(_leaves(text, head.index(header) + len(header))) == _number(stated[1])


def _leaves(text: str, end: int) -> "Iterator[int]":
    """Numbers that end in a column, of the rows that are no containers: the next row is not deeper."""
    lines = text.splitlines()
    names = slice(0, lines[1].index("Type"))
    rows = [line for line in lines[3:] if line[names].strip() and not FOOTER.match(line)]
    for line, below in zip(rows, [*rows[1:], ""], strict=True):
        digits = re.search(r"([\d,]+)$", line[:end])
        if digits and _indent(below[names]) <= _indent(line[names]):
            yield _number(digits[1])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _number(text: str) -> int:
    return int(text.replace(",", ""))
