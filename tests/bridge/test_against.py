"""``archcalc verify --against``: specs beside modules that are the same, and beside some that are not."""

import json
import sys
from pathlib import Path

import pytest

import archcalc
from archcalc.bridge.against import against
from archcalc.errors import Fault
from archcalc.matching.comparison import SideBySide
from archcalc.matching.maps import name_map
from tests.cli.running import run, run_fresh

OWN = "tests.bridge.own_networks"
SMALL = """\
inputs: {image: [3, 16, 16]}
layers:
  - {type: Conv2d, name: conv1, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - {type: BatchNorm2d, name: bn1}
  - ReLU
  - {type: Conv2d, name: conv2, out_channels: 16, kernel_size: 3, padding: 1}
  - ReLU
  - {type: AdaptiveAvgPool2d, name: pool, output_size: 1}
  - Flatten
  - {type: Linear, name: fc, out_features: 10}
"""
ALIKE = """\
inputs: {image: [4, 6, 6]}
layers:
  - {type: Conv2d, name: first, out_channels: 4, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: second, out_channels: 4, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, name: pool, kernel_size: 2}
  - Flatten
  - {type: Linear, name: fc, out_features: 5}
"""
TIED = """\
inputs: {tokens: {shape: [5], dtype: int64}}
layers:
  - {type: Embedding, name: table, num_embeddings: 20, embedding_dim: 8}
  - {type: Linear, name: head, out_features: 20, bias: false, tie: table}
"""
SEQUENCES = """\
inputs: {sequence: [6, 8]}
layers:
  - {type: LearnedPositionalEncoding, name: positions, max_len: 6}
  - {type: LSTM, name: lstm, hidden_size: 8}
  - {type: TransformerEncoderLayer, name: layer, nhead: 2, dim_feedforward: 16}
  - {type: Linear, name: last, out_features: 3}
"""


def compared(spec: str, factory: str, *maps: str, **arguments: object) -> SideBySide:
    """A spec in text beside a factory of the tests."""
    trace = archcalc.trace(archcalc.loads(spec, "own.yaml"))
    return against(trace, f"{OWN}:{factory}", arguments, list(map(name_map, maps)))


def counts(found: SideBySide) -> dict[str, tuple[int, int, int]]:
    """Kind of value -> equal, different, not compared."""
    each = {check.what: (check.agreed, len(check.mismatches), len(check.skipped)) for check in found.checks}
    return {what: numbers for what, numbers in each.items() if any(numbers)}


def told(found: SideBySide) -> list[str]:
    """Everything that differs."""
    return [str(mismatch) for check in found.checks for mismatch in check.mismatches]


@pytest.mark.parametrize(
    ("spec", "written", "least"),
    [
        (
            "resnet50",
            "torchvision.models:resnet50",
            {"parameters": 161, "buffers": 159, "output shapes": 111},
        ),
        ("gpt2", f"{OWN}:gpt2", {"parameters": 149, "ties": 1, "totals": 2, "output shapes": 114}),
    ],
)
def test_published_modules_agree(spec: str, written: str, least: dict[str, int]) -> None:
    found = against(archcalc.trace(archcalc.load(spec)), written, {})
    assert found.same, told(found)
    assert not found.notes
    assert {what: equal for what, (equal, _, _) in counts(found).items() if what in least} == least


def test_readme_shows_what_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    ran = run(capsys, "verify", "resnet50", "--against", "torchvision.models:resnet50")
    readme = (Path(archcalc.__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert f"{ran.out}```" in readme
    dropped = str(compared(SMALL, "Small", bias=False).first)
    assert f"first difference: {dropped}" in readme


def test_a_published_module_with_another_argument_does_not() -> None:
    found = against(
        archcalc.trace(archcalc.load("resnet18")), "torchvision.models:resnet18", {"num_classes": 10}
    )
    assert found.first is not None
    assert found.first.subject == "fc (Linear)"
    assert (found.first.what, found.first.ours, found.first.theirs) == ("weight", "[1000, 512]", "[10, 512]")


def test_gpt2_without_its_head() -> None:
    found = against(archcalc.trace(archcalc.load("gpt2")), f"{OWN}:gpt2_body", {})
    assert found.notes == ("names begin with 'transformer.' in the spec alone: 148 tensors found so",)
    (only,) = told(found)
    shapes = "archcalc says [1024, 50257], the module [1024, 768] as output 0 of all"
    assert only.endswith(f"lm_head (Linear): shape of output: {shapes}")


def test_everything_is_compared() -> None:
    found = compared(SMALL, "Small")
    assert found.same, told(found)
    assert counts(found) == {
        "parameters": (8, 0, 0),
        "buffers": (3, 0, 0),
        "totals": (2, 0, 0),
        "windows": (8, 0, 0),
        "output shapes": (6, 0, 3),
        "order of calls": (4, 0, 0),
    }


def test_a_changed_stride_is_named_with_its_place() -> None:
    found = compared(SMALL, "Small", stride=1)
    assert str(found.first) == ("own.yaml:3:5: conv1 (Conv2d): stride: archcalc says 2, the module 1")
    shape = "conv1 (Conv2d): shape of output: archcalc says [8, 8, 8], the module [8, 16, 16]"
    assert f"own.yaml:3:5: {shape}" in told(found)
    assert counts(found)["output shapes"] == (3, 3, 3)  # the pool ends it


def test_a_dropped_bias_is_named_with_its_place() -> None:
    found = compared(SMALL, "Small", bias=False)
    assert str(found.first) == "own.yaml:6:5: conv2 (Conv2d): bias: archcalc says [16], the module nothing"
    assert told(found)[1:] == ["own.yaml: own: parameters in all: archcalc says 1,578, the module 1,562"]


def test_other_widths_and_what_the_spec_lacks() -> None:
    assert "conv1 (Conv2d): weight: archcalc says [8, 3, 3, 3], the module [12, 3, 3, 3]" in str(
        compared(SMALL, "Small", width=12).first
    )
    found = compared(SMALL, "Small", extra=True)
    assert told(found)[:3] == [
        "own.yaml:6:5: conv2 (Conv2d): gain: archcalc says nothing, the module [16]",
        "own.yaml:6:5: conv2 (Conv2d): behind it, unused.weight: archcalc says nothing, the module [6, 5]",
        "own.yaml:6:5: conv2 (Conv2d): behind it, unused.bias: archcalc says nothing, the module [6]",
    ]


MAPS = ("0=conv1", "1=bn1", "3=conv2", "5=pool", "7=fc")


def test_names_by_maps() -> None:
    found = compared(SMALL, "numbered", *MAPS)
    assert found.same, told(found)
    assert found.notes == ("11 tensors found by a map of names",)
    assert counts(found)["output shapes"] == (6, 0, 3)


@pytest.mark.parametrize("maps", [(), MAPS])
def test_names_by_shape_and_order_tell_the_same_differences(maps: tuple[str, ...]) -> None:
    assert compared(SMALL, "numbered", *maps).same
    dropped = compared(SMALL, "numbered", *maps, bias=False)
    assert str(dropped.first) == "own.yaml:6:5: conv2 (Conv2d): bias: archcalc says [16], the module nothing"
    strided = compared(SMALL, "numbered", *maps, stride=4)
    assert str(strided.first) == ("own.yaml:3:5: conv1 (Conv2d): stride: archcalc says 2, the module 4 as 0")
    shape = "conv1 (Conv2d): shape of output: archcalc says [8, 8, 8], the module [8, 4, 4] as 0"
    assert f"own.yaml:3:5: {shape}" in told(strided)
    wider = compared(SMALL, "numbered", *maps, kernel=5)
    assert str(wider.first).endswith(
        "conv1 (Conv2d): weight: archcalc says [8, 3, 3, 3], the module [8, 3, 5, 5] as 0.weight"
    )


@pytest.mark.parametrize(
    ("factory", "fact"),
    [
        ("swapped", "second (Conv2d): it is run behind first: archcalc says yes, the module no"),
        ("dilated", "first (Conv2d): padding: archcalc says 1, the module 2"),
        ("circular", "first (Conv2d): padding_mode: archcalc says zeros, the module circular"),
        ("averaged", "pool (MaxPool2d): kind: archcalc says MaxPool2d, the module AvgPool2d"),
        ("cropped", "fc (Linear): what leaves the network behind it: archcalc says [5], the module [4]"),
        ("record", "fc (Linear): what leaves the network behind it: archcalc says [5], the module [4]"),
    ],
)
def test_what_changes_no_tensor_of_a_module(factory: str, fact: str) -> None:
    assert compared(ALIKE, "Alike").same
    assert str(compared(ALIKE, factory).first).endswith(fact)


@pytest.mark.parametrize("factory", ["halved", "scripted"])
def test_half_precision_and_scripts_are_run(factory: str) -> None:
    found = compared(ALIKE, factory)
    assert found.same, told(found)
    assert counts(found)["output shapes"][0] == {"halved": 5, "scripted": 1}[factory]


def test_weights_that_no_module_runs_are_named() -> None:
    found = compared(ALIKE, "skipping")
    assert found.same, told(found)
    reasons = {each.subject: each.why for check in found.checks for each in check.skipped}
    assert reasons["second (Conv2d)"] == "its weights are there, and no module that has them is run"


def test_ties_both_ways() -> None:
    assert counts(compared(TIED, "Tied"))["ties"] == (1, 0, 0)
    assert counts(compared(TIED, "Tied", head=False)) == {
        "parameters": (1, 0, 0),
        "ties": (1, 0, 0),
        "totals": (2, 0, 0),
        "output shapes": (2, 0, 0),
    }
    assert told(compared(TIED, "Tied", tied=False))[0] == (
        "own.yaml:4:5: head (Linear): weight is shared with table.weight: archcalc says yes, the module no"
    )
    untied = compared(TIED.replace(", tie: table", ""), "Tied")
    assert told(untied)[0] == (
        "own.yaml:4:5: head (Linear): weight is shared with table.weight: archcalc says no, the module yes"
    )


def test_another_name_of_a_tensor_is_no_difference() -> None:
    found = compared(TIED, "TwoNames")
    assert found.same, told(found)
    assert counts(found)["parameters"] == (2, 0, 1)


ROUTER = """\
inputs: {sequence: [6, 8]}
layers:
  - {type: LSTM, name: lstm, hidden_size: 5}
  - {type: TopKRouter, name: router, num_experts: 4, top_k: 2}
outputs: [router.scores]
"""


def test_outputs_in_another_order_and_one_that_is_not_returned() -> None:
    both = compared(ROUTER, "Router")
    assert both.same, told(both)
    assert counts(both)["output shapes"] == (7, 0, 0)
    one = compared(ROUTER, "Router", both=False)
    assert counts(one)["output shapes"] == (5, 0, 2)
    left = {each.subject for check in one.checks for each in check.skipped}
    assert "logits of router (TopKRouter)" in left


def test_what_no_memory_holds_is_built_without_numbers() -> None:
    spec = "inputs: {wide: [10000000]}\nlayers:\n  - {type: Linear, name: fc, out_features: 10000000}\n"
    assert compared(spec, "Huge").same


@pytest.mark.parametrize("factory", ["Sequences", "SequencesWithNumbers"])
def test_the_batch_may_stand_elsewhere(factory: str) -> None:
    found = compared(SEQUENCES, factory)
    assert found.same, told(found)
    shapes = next(check for check in found.checks if check.what == "output shapes")
    assert shapes.agreed >= 8, "the layers within a Transformer's layer are seen too"
    assert not {"positions", "lstm", "last"} & {each.subject.split()[0] for each in shapes.skipped}
    assert [each.subject for check in found.checks for each in check.skipped if check.what == "buffers"] == [
        "mask"
    ]


def test_what_needs_numbers_is_built_and_run_on_the_cpu(capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(SMALL, "NeedsNumbers")
    assert found.same, told(found)
    assert counts(found)["output shapes"] == (6, 0, 3)
    out, err = capsys.readouterr()
    assert not out
    assert "a line of the user's own" in err


@pytest.mark.parametrize(
    ("written", "arguments", "fact"),
    [
        ("torchvision", {}, "'torchvision' names nothing that can be imported"),
        ("a b:c", {}, "'a b:c' names nothing that can be imported"),
        ("no_such_package.nets:Net", {}, "there is no module 'no_such_package'"),
        (f"{OWN}s:Small", {}, f"there is no module '{OWN}s'"),
        (f"{OWN}:Smal", {}, f"there is no 'Smal' in {OWN}"),
        (f"{OWN}:NOT_A_MODULE", {}, f"{OWN}:NOT_A_MODULE is an int, and makes no module"),
        (f"{OWN}:Path", {}, f"there is no 'Path' in {OWN}"),
        (f"{OWN}:nn.ModuleList.__len__", {}, f"{OWN}:nn.ModuleList.__len__ needs self, which is not"),
        (f"{OWN}:torch.Size", {}, f"{OWN}:torch.Size makes a Size, no torch.nn.Module"),
        (f"{OWN}:raises", {}, f"{OWN}:raises fails: ValueError: no such"),
        (f"{OWN}:leaves", {}, f"{OWN}:leaves fails: SystemExit: 7"),
        (f"{OWN}:READY", {"n": 3}, f"{OWN}:READY is a module already, and takes no arguments"),
        (f"{OWN}:Small", {"wide": 3}, f"{OWN}:Small takes no 'wide'"),
    ],
)
def test_what_makes_no_module_is_told(written: str, arguments: dict[str, object], fact: str) -> None:
    with pytest.raises(Fault) as caught:
        against(archcalc.trace(archcalc.loads(SMALL)), written, arguments)
    assert caught.value.fact.startswith(fact)
    assert "\n" not in caught.value.fact


def test_where_a_factory_fails_is_told() -> None:
    with pytest.raises(Fault) as caught:
        compared(SMALL, "raises")
    lines = (Path(__file__).parent / "own_networks.py").read_text(encoding="utf-8").splitlines()
    line = next(index for index, text in enumerate(lines, 1) if "raise ValueError" in text)
    assert caught.value.hint.endswith(f"own_networks.py:{line}")


def test_the_place_of_a_failure_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unfinished.py").write_text("def net(:\n    pass\n", encoding="utf-8")
    (tmp_path / "misfit.py").write_text(
        "import torch\n\ndef net():\n    torch.zeros(2) @ torch.zeros(3)\n", encoding="utf-8"
    )
    for name, line in (("unfinished", 1), ("misfit", 4)):
        with pytest.raises(Fault) as caught:
            against(archcalc.trace(archcalc.loads(SMALL)), f"{name}:net", {})
        assert caught.value.hint == f"at {tmp_path / name}.py:{line}"


def test_an_input_of_the_wrong_shape_is_told_with_what_differs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = tmp_path / "grey.yaml"
    spec.write_text(SMALL.replace("[3, 16, 16]", "[1, 16, 16]"), encoding="utf-8")
    ran = run(capsys, "verify", str(spec), "--against", f"{OWN}:Small")
    assert ran.code == 2
    assert not ran.out
    assert "fails in conv1: RuntimeError: " in ran.err
    assert "on the spec's inputs, image [2, 1, 16, 16]," in ran.err
    assert "weight: archcalc says [8, 1, 3, 3], the module [8, 3, 3, 3]" in ran.err
    assert "Traceback" not in ran.err


def test_a_map_that_is_about_nothing_is_told() -> None:
    with pytest.raises(Fault, match="the map 'convs=conv1' is about nothing in the module"):
        compared(SMALL, "Small", "convs=conv1")


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = tmp_path / "own.yaml"
    spec.write_text(SMALL, encoding="utf-8")
    same = run(capsys, "verify", str(spec), "--against", f"{OWN}:Small", "--args", "bias=true")
    assert (same.code, same.err) == (0, "")
    assert same.out.endswith("verified: all 31 values that were compared are equal\n")
    other = run(
        capsys, "verify", str(spec), "--against", f"{OWN}:Small", "--args", "stride=1", "--args", "bias=no"
    )
    assert other.code == 1
    assert f"first difference: {spec}:3:5: conv1 (Conv2d): stride: archcalc says 2" in other.out
    assert other.out.count("conv1 (Conv2d): shape of output") == 1
    document = json.loads(
        run(capsys, "verify", str(spec), "--against", f"{OWN}:NeedsNumbers", "--format", "json").out
    )
    assert document["verified"]
    assert [check["equal"] for check in document["beside"][0]["checks"]] == [8, 3, 0, 2, 0, 8, 6, 4]


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (("--args", "a=1"), "needs --against"),
        (("--map", "a=b"), "needs --against or --checkpoint"),
        (("--against", f"{OWN}:Small", "--args", "a"), "needs NAME=VALUE, got 'a'"),
        (("--against", f"{OWN}:Small", "--map", "a"), "is no map of names"),
    ],
)
def test_bad_usage(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], fact: str) -> None:
    ran = run(capsys, "verify", "lenet5", *words)
    assert ran.code == 2
    assert fact in " ".join(ran.err.replace("│", "").split())


def test_modules_of_the_working_directory_are_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n\ndef net(n):\n    return nn.Linear(4, n)\n", encoding="utf-8"
    )
    spec = "inputs: {x: [4]}\nlayers:\n  - {type: Linear, name: fc, out_features: 3}\n"
    (tmp_path / "own.yaml").write_text(spec, encoding="utf-8")
    ran = run_fresh("verify", "own.yaml", "--against", "mine:net", "--args", "n=2", cwd=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    assert "fc (Linear): weight: archcalc says [3, 4], the module [2, 4] as weight" in ran.out


def test_the_working_directory_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_nets.py").write_text("from torch.nn import Flatten as Net\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    spec = "inputs: {x: [4, 2]}\nlayers:\n  - Flatten\n"
    assert against(archcalc.trace(archcalc.loads(spec)), "own_nets:Net", {}).same
    assert sys.path[0] == str(tmp_path)


def test_the_help_says_that_code_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "verify", "--help")
    assert "Runs its code" in " ".join(ran.out.replace("│", "").split())
