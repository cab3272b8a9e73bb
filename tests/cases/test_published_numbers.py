"""Networks as people write them down, with the numbers that others have published, on the command line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import run

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]

SPECS = Path(__file__).parent / "specs"


def document(capsys: "Capsys", command: str, name: str, *options: str) -> dict[str, object]:
    """What a command says of a network, as data."""
    ran = run(capsys, command, str(SPECS / f"{name}.yaml"), *options, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, object] = json.loads(ran.out)
    return found


def text(capsys: "Capsys", command: str, name: str, *options: str) -> str:
    """What it prints for people."""
    ran = run(capsys, command, str(SPECS / f"{name}.yaml"), *options)
    assert ran.code == 0
    return ran.out


def test_mobilenet_v1(capsys: "Capsys") -> None:
    """Howard et al. 2017 (arXiv 1704.04861), table 8: 569 million mult-adds, 4.2 million parameters."""
    printed = text(capsys, "summary", "mobilenet_v1")
    assert "Total params: 4,231,976\n" in printed
    assert "MACs 568,740,352," in printed
    assert [line.split()[-1] for line in printed.splitlines() if " pw " in line][-1] == "315"


@pytest.mark.parametrize(("unit", "billions"), [("l0", 0.319), ("l2", 0.852), ("l12", 3.407), ("l13", 0.189)])
def test_yolov3_tiny(capsys: "Capsys", unit: str, billions: float) -> None:
    """BFLOPs as darknet prints them at 608 x 608."""
    printed = text(capsys, "summary", "yolov3_tiny")
    (row,) = (line for line in printed.splitlines() if line.startswith(f"{unit} "))
    macs = int(row.split()[-2].replace(",", ""))
    assert round(2 * macs / 1e9, 3) == billions


@pytest.mark.parametrize(
    ("settings", "params"),
    [
        ("", 3_157_184),
        ("w=0.5", 11_166_544),
        ("d=0.67 w=0.75 most=768", 25_902_624),
        ("d=1 w=1 most=512", 43_691_504),
        ("d=1 w=1.25 most=512", 68_229_632),
    ],
)
def test_yolov8(capsys: "Capsys", settings: str, params: int) -> None:
    """n, s, m, l and x as their makers count them."""
    options = [word for setting in settings.split() for word in ("--set", setting)]
    assert f"params {params:,}:" in text(capsys, "params", "yolov8", *options)


def test_deepseek_v3_keeps_the_latent_and_one_rotary_key(capsys: "Capsys") -> None:
    """DeepSeek-AI 2024 (arXiv 2412.19437): 61 layers keep 512 and 64 numbers of a token, 2 bytes each."""
    options = ("--prompt", "128", "--new", "4")
    printed = text(capsys, "decode", "deepseek_v3_mla", *options)
    assert "cache of keys and values: 4,997,120 bytes per token" in printed
    assert "cache of what they are made from, layer.0-60.attn.kv_a: 70,272 bytes per token" in printed
    found = document(capsys, "decode", "deepseek_v3_mla", *options)
    assert isinstance(found["latents"], list)
    assert found["latents"][60] == {"name": "layer.60.attn.kv_a", "cache_bytes_per_token": 2 * (512 + 64)}


def test_a_transformer_with_gated_feed_forward_layers(capsys: "Capsys") -> None:
    """GPT-2 XL's sizes, without a shared embedding, at 1,024 tokens."""
    assert "params 2,127,057,600:" in text(capsys, "params", "gpt2_xl_gated")
    assert "FLOPs 4,513,336,524,800:" in text(capsys, "summary", "gpt2_xl_gated")


def test_both_axes_of_an_image_are_named_at_once(capsys: "Capsys") -> None:
    ran = run(capsys, "check", str(SPECS / "smp_unet_350x525.yaml"))
    assert ran.code == 1
    assert ran.out.count("AC108") == 1
    assert "the 525 columns of 'image' are no multiple of 32" in ran.out
    assert "the 350 rows of 'image' are no multiple of 32" in ran.out
    for sizes in ("[3, 320, 512]", "[3, 352, 544]"):
        assert sizes in ran.out
