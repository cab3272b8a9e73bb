"""``archcalc summary``: chosen columns, order, sizes below, and what a terminal shows of it."""

import csv
import io
import json
import os
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import cast

import pytest

import archcalc
from archcalc.render.summary_columns import KNOWN
from tests.cli.running import run

PAGE = Path(__file__).parents[2] / "docs" / "summary.md"
Capsys = pytest.CaptureFixture[str]
Json = dict[str, object]
ORDER = (
    "Total params",
    "Trainable params",
    "Non-trainable params",
    "Total mult-adds",
    "Input size",
    "Forward/backward pass size",
    "Params size",
    "Estimated Total Size",
)
"""Lines below the table, as torchinfo has them."""


def below(out: str) -> dict[str, int]:
    """The lines below a summary with their exact numbers."""
    lines = dict(line.split(": ", 1) for line in out.splitlines() if line.split(":")[0] in ORDER)
    exact = {name: re.search(r"\(([\d,]+) bytes\)", text) for name, text in lines.items()}
    return {
        name: int((match[1] if match else lines[name].split(" ")[0]).replace(",", ""))
        for name, match in exact.items()
    }


def document(capsys: Capsys, *words: str) -> Json:
    ran = run(capsys, *words, "--format", "json")
    assert ran.code == 0, ran.err
    return cast("Json", json.loads(ran.out))


RUNS = [
    ("resnet18",),
    ("unet", "--batch", "3"),
    ("gpt2", "--batch", "2", "--dtype", "bfloat16", "--set", "depth=2"),
    ("bert_base", "--freeze", "encoder.layer.0*", "--dtype", "float16"),
    ("seq2seq_attention",),
]


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_lines_below_are_those_of_the_other_commands(words: tuple[str, ...], capsys: Capsys) -> None:
    found = below(run(capsys, "summary", *words).out)
    assert tuple(found) == ORDER
    spec = [word for at, word in enumerate(words) if not {"--batch", "--dtype"} & {word, words[at - 1]}]
    params = cast("dict[str, int]", document(capsys, "params", *spec)["totals"])
    macs = cast("dict[str, int]", document(capsys, "macs", *words)["totals"])
    running, training = document(capsys, "memory", *words), document(capsys, "memory", *words, "--train")
    held = {item["name"]: item["bytes"] for item in cast("list[dict[str, int]]", training["held"])}
    assert found["Total params"] == params["params"]
    assert found["Trainable params"] == params["trainable_params"]
    assert found["Non-trainable params"] == params["non_trainable_params"]
    assert found["Total mult-adds"] == macs["macs"]
    assert found["Input size"] == held[cast("int", "input")]
    assert found["Forward/backward pass size"] == held[cast("int", "saved activations")]
    assert found["Params size"] == held[cast("int", "weights")]
    assert found["Estimated Total Size"] == sum(found[name] for name in ORDER[4:7])
    sizes = cast("dict[str, int]", document(capsys, "summary", *words)["sizes"])
    assert (
        sizes["inference_peak_bytes"] + sizes["params_bytes"] + sizes["buffer_bytes"]
        == (cast("dict[str, int]", running["peak"])["bytes"])
    )
    assert [sizes[name] for name in SIZES] == list(found.values())


SIZES = (
    "total_params",
    "trainable_params",
    "non_trainable_params",
    "total_mult_adds",
    "input_bytes",
    "forward_backward_bytes",
    "params_bytes",
    "estimated_total_bytes",
)


@pytest.mark.parametrize("depth", [(), ("--depth", "1")])
def test_entries_of_the_document_add_up(depth: tuple[str, ...], capsys: Capsys) -> None:
    found = document(capsys, "summary", "unet", "--sort", "activations", *depth)
    entries = cast("list[dict[str, int]]", found["layers"])
    sizes = cast("dict[str, int]", found["sizes"])
    for key, size in (("param_bytes", "params_bytes"), ("activation_bytes", "forward_backward_bytes")):
        assert sum(entry[key] for entry in entries) == sizes[size] > 0
    kept = [entry["activation_bytes"] for entry in entries]
    assert kept == sorted(kept, reverse=True)
    plain = document(capsys, "shapes", "unet", *depth)
    assert found["totals"] == plain["totals"]
    assert {entry["name"] for entry in entries} == {
        entry["name"] for entry in cast("list[dict[str, int]]", plain["layers"])
    }


PUBLISHED = {
    "resnet18": (11_689_512, 1_814_083_944, 39_747_392, 46_758_048),
    "vgg16": (138_357_544, 15_483_821_032, 108_453_696, 553_430_176),
    "vit_b_16": (86_567_656, 173_232_616, 104_093_504, 232_268_704),
}
"""torchinfo 1.8 of torchvision's models on one image: params, mult-adds, pass size, params size (bytes)."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_is_said_of_torchinfo_is_what_it_prints(name: str) -> None:
    found = archcalc.summary(name)
    assert (found.params.params, *found.by_torchinfo) == PUBLISHED[name]


def test_the_page_is_what_python_prints() -> None:
    block = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(block[1], {})  # noqa: S102  the page's own example
    assert printed.getvalue().splitlines() == re.findall(r"^print\(.*\)  # (.*)$", block[1], re.MULTILINE)


def test_the_page_has_every_column_and_its_command_runs(capsys: Capsys) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [word for word in KNOWN if f"`{word}`" not in text] == []
    (line,) = re.findall(r"^\$ archcalc (.*)$", text, re.MULTILINE)
    assert run(capsys, *line.split()).code == 0


def rows(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out)))


def test_columns_stand_in_the_order_of_their_words(capsys: Capsys) -> None:
    words = ("summary", "resnet18", "--columns", "kernel, mult-adds,PARAMS", "--columns", "type,params")
    ran = run(capsys, *words, "--format", "csv")
    assert ran.out.splitlines()[0] == "layer,type,kernel,macs,params"
    assert ran.out.splitlines()[1] == "conv1,Conv2d,7x7,118013952,9408"
    untyped = run(capsys, "summary", "resnet18", "--columns", "name,output", "--format", "csv").out
    assert untyped.splitlines()[:2] == ["layer,output", "conv1,64x112x112"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--columns", "parms"), "--columns: no column 'parms'; did you mean 'params'?"),
        (("--columns", "params,actvations"), "no column 'actvations'; did you mean 'activations'?"),
        (("--columns", "zzz"), "there are name, type, input, output, kernel"),
        (("--columns", ""), "no column ''"),
        (("--sort", "receptive"), "--sort: no column 'receptive'; did you mean 'receptive_field'?"),
        (("--batch", "0"), "--batch"),
        (("--dtype", "float31"), "--dtype"),
    ],
)
def test_a_slip_is_told(words: tuple[str, ...], told: str, capsys: Capsys) -> None:
    ran = run(capsys, "summary", "lenet5", *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in " ".join(ran.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("column", "first", "last"),
    [
        ("params", "c5", "tanh_3"),
        ("macs", "c3", "tanh_3"),
        ("output", "c1", "output"),
        ("kernel", "c1", "output"),
        ("receptive_field", "flatten_0", "tanh_0"),
        ("name", "c1", "tanh_3"),
        ("type", "s2", "tanh_3"),
        ("weights", "c1", "tanh_3"),
    ],
)
def test_rows_stand_by_any_column(column: str, first: str, last: str, capsys: Capsys) -> None:
    found = rows(run(capsys, "summary", "lenet5", "--sort", column, "--format", "csv").out)
    names = [row["layer"] for row in found]
    assert len(names) == 12
    if column == "weights":  # by the alphabet; nothing comes first
        assert names[-1] in {"c1", "c3", "c5", "f6", "output"}
        return
    assert (names[0], names[-1]) == (first, last)


def test_rows_of_numbers_stand_as_macs_has_them(capsys: Capsys) -> None:
    """Both commands sort in one place: the same layers in the same order."""
    found = rows(run(capsys, "summary", "resnet18", "--sort", "macs", "--depth", "1", "--format", "csv").out)
    other = rows(run(capsys, "macs", "resnet18", "--sort", "macs", "--depth", "1", "--format", "csv").out)
    assert [(row["layer"], row["macs"]) for row in found] == [(row["name"], row["macs"]) for row in other]


@pytest.mark.parametrize("name", ["resnet18", "unet", "bert_base", "transformer_wmt"])
@pytest.mark.parametrize("words", [(), ("--columns", "input,output,kernel,params,memory")])
def test_no_shape_is_broken_at_60_columns(
    name: str, words: tuple[str, ...], capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = run(capsys, "summary", name, *words).out.splitlines()[1:]
    assert max(map(len, lines)) <= 60
    assert [line for line in lines if line.count("[") != line.count("]")] == []
    assert any(line.startswith("no room in 60 columns for ") for line in lines)
    assert any("[N, " in line for line in lines)


def test_a_wide_terminal_shows_shares_and_a_pipe_does_not(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert "71.8 %" in run(capsys, "summary", "resnet18", "--depth", "1").out
    monkeypatch.delenv("COLUMNS")
    for form in ("table", "markdown", "csv", "latex"):
        assert "hare" not in run(capsys, "summary", "resnet18", "--depth", "1", "--format", form).out


@pytest.mark.skipif(sys.platform == "win32", reason="no terminals of this kind")
@pytest.mark.parametrize(("encoding", "bars"), [("utf-8", 1), ("latin-1", 0)])
def test_a_terminal_that_has_the_signs_shows_bars(encoding: str, bars: int) -> None:
    import pty

    shown, screen = pty.openpty()
    try:
        seen = _on(shown, screen, encoding)
    finally:
        os.close(shown)
    (line,) = (line for line in seen.splitlines() if "layer4" in line)
    assert line.count("█████▊    71.8 %") == bars
    assert "71.8 %" in line
    assert "36m" not in seen, "NO_COLOR is set"


def _on(shown: int, screen: int, encoding: str) -> str:
    """What a summary shows on a terminal of 130 columns."""
    import fcntl
    import struct
    import subprocess
    import termios

    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 130, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environment |= {"NO_COLOR": "1", "PYTHONIOENCODING": f"{encoding}:replace", "TERM": "xterm"}
    words = [sys.executable, "-m", "archcalc", "summary", "resnet18", "--depth", "1"]
    process = subprocess.Popen(words, stdin=screen, stdout=screen, stderr=screen, env=environment)
    os.close(screen)
    found = b""
    while True:
        try:
            piece = os.read(shown, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        found += piece
    assert process.wait(60) == 0
    return found.decode(encoding)


def test_only_what_is_shown_is_calculated(capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of numbers has no lines below, and needs neither fields nor bytes that no column shows."""

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("archcalc.analyses.summary.receptive_fields", never)
    monkeypatch.setattr("archcalc.footprint.footprint.footprint", never)
    words = ("summary", "lenet5", "--columns", "params,macs", "--format", "csv")
    assert run(capsys, *words).code == 0
    crash = 70
    assert run(capsys, *words, "--sort", "receptive_field").code == crash
    assert run(capsys, *words, "--sort", "memory").code == crash


def test_a_spec_that_fails_shows_the_layers_above(tmp_path: Path, capsys: Capsys) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "inputs: {x: [3, 9, 9]}\nlayers:\n  - {type: Conv2d, name: a, out_channels: 4, kernel_size: 3}\n"
        "  - {type: Conv2d, name: b, out_channels: 4, kernel_size: 30}\n",
        encoding="utf-8",
    )
    ran = run(capsys, "summary", str(file), "--columns", "memory", "--sort", "memory")
    assert ran.code == 2
    assert re.search(r"^a +448$", ran.out, re.MULTILINE)
    assert "Total params: 112\n" in ran.out


def test_a_layer_that_nobody_knows_makes_lower_bounds(tmp_path: Path, capsys: Capsys) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "inputs: {x: [8]}\nlayers:\n  - {type: Linear, out_features: 4}\n"
        "  - {type: Opaque, name: mystery, operator: f, outputs: {y: [4]}}\n",
        encoding="utf-8",
    )
    out = run(capsys, "summary", str(file)).out
    assert "Total mult-adds: 32 (0.00 M) (lower bound: not known for mystery)\n" in out
    assert out.count("(lower bound: not known for mystery)") == 4
