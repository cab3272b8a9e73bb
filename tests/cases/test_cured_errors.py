"""Networks that cannot be built, or not trained: ``shapes`` and ``check`` tell what mends them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from archcalc import load, trace
from tests.cli.running import run
from tests.cures.patching import patched

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]

SPECS = Path(__file__).parent / "specs"


class Case(NamedTuple):
    """A spec with one mistake.

    Args:
        name: of its file.
        code: of the finding.
        told: a piece of each cure that is told, the closest first.
        never: what the help must not say.
        params: of the layer at fault once the first cure is made, where it says that the right one was.
    """

    name: str
    code: str
    told: tuple[str, ...]
    never: str = "\0"
    params: tuple[str, int] | None = None


CASES = (
    Case(
        "channels_last_image",
        "AC001",
        ("write inputs: {image: [3, 512, 512]}", "put {type: Permute, dims: [2, 0, 1]} in front of it"),
        "in_channels: 512",
        ("conv", 1792),
    ),
    Case(
        "norm_over_steps",
        "AC001",
        ("put {type: Transpose, dim0: 0, dim1: 1} in front of it", "{type: LayerNorm, name: norm}"),
        "num_features: 20",
        ("norm", 128),
    ),
    Case("missing_flatten", "AC001", ("put a Flatten in front of it: 1,568 = 32 x 7 x 7",), "in_features: 7"),
    Case(
        "strided_same",
        "AC001",
        (
            "write padding: 3: 112",
            "leave out padding and put {type: ZeroPad2d, padding: [2, 3, 2, 3]} in front",
        ),
    ),
    Case("lenet_21", "AC001", ("Flatten", "write shape: [64]", "write inputs: {image: [3, 32, 32]}: 400")),
    Case(
        "concat_dim_of_torch",
        "AC001",
        ("write dim: 0: it gives [48, 64, 64]; dim counts the axes of a sample",),
    ),
    Case("unet_without_crop", "AC001", ("padding: 1 in e2a", "Crop")),
    Case(
        "unet_350x525",
        "AC108",
        ("write inputs: {image: [3, 320, 512]}", "write inputs: {image: [3, 352, 544]}"),
    ),
    Case(
        "resnetd_240",
        "AC108",
        (
            "write inputs: {x: [1024, 14, 14]}",
            "write inputs: {x: [1024, 16, 16]}",
            "write ceil_mode: true in pool",
            "Crop",
        ),
    ),
)
AUTOENCODER = Case(
    "autoencoder_25",
    "AC115",
    (
        "write output_padding: 1 in",
        "inputs: {image: [1, 29, 29]}",
        "inputs: {image: [1, 25, 25]}",
        "size: 28",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_shapes_tells_the_cures(case: Case, capsys: "Capsys") -> None:
    ran = run(capsys, "shapes", str(SPECS / f"{case.name}.yaml"))
    assert ran.code == 2
    assert case.never not in ran.err
    at = [ran.err.find(piece) for piece in case.told]
    assert at == sorted(at)
    assert at[0] > 0


@pytest.mark.parametrize("case", [*CASES, AUTOENCODER], ids=lambda case: case.name)
def test_check_tells_cures_that_mend(case: Case, capsys: "Capsys", tmp_path: Path) -> None:
    path = SPECS / f"{case.name}.yaml"
    finding = _finding(capsys, path, case.code)
    assert case.never not in finding["hint"]
    for words, cure in zip(case.told, finding["cures"], strict=True):
        assert words in cure["words"]
        assert cure["words"] in finding["hint"]
        mended = tmp_path / "mended.yaml"
        data: object = patched(yaml.safe_load(path.read_text(encoding="utf-8")), cure["patch"])
        new = yaml.safe_dump(data, sort_keys=False)  # pyright: ignore[reportUnknownMemberType]  # untyped width
        mended.write_text(new, encoding="utf-8")
        ran = run(capsys, "check", str(mended), "--output-format", "json")
        left = {found["code"] for found in json.loads(ran.out)["findings"]}
        assert not left & {"AC001", "AC108", "AC115"}
        if case.params and cure == finding["cures"][0]:
            name, params = case.params
            weights = trace(load(mended)).layer(name).facts.weights
            assert sum(_product(shape) for shape in weights.values()) == params


def _finding(capsys: "Capsys", path: Path, code: str) -> dict[str, Any]:
    ran = run(capsys, "check", str(path), "--output-format", "json")
    assert ran.code == 1
    (found,) = [each for each in json.loads(ran.out)["findings"] if each["code"] == code]
    finding: dict[str, Any] = found
    return finding


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def test_the_shape_of_the_target_may_be_an_expression_and_is_checked(
    capsys: "Capsys", tmp_path: Path
) -> None:
    path = tmp_path / "a.yaml"
    text = "vars: {s: 8}\ninputs: {x: [3, =s, =s]}\ntraining: {target: [3, =2 * s, TARGET]}\nlayers:\n"
    text += "  - {type: Upsample, scale_factor: 2}\n"
    for target, code, words in (
        ("=2 * s", 0, ""),
        ("=3 * s", 1, "[3, 16, 16] comes out, but the target is [3, 16, 24]"),
        ("=t", 1, "unknown name 't'"),
        ("0", 1, "a size is at least 1, got 0"),
    ):
        path.write_text(text.replace("TARGET", target), encoding="utf-8")
        ran = run(capsys, "check", str(path))
        assert (ran.code, words in ran.out) == (code, True)
