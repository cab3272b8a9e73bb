"""What takes layers one by one counts them before it imports, or makes, anything for them."""

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from archcalc import effort
from archcalc.analyses import receptive_field
from archcalc.counting import costs
from archcalc.render import tree
from archcalc.tracing import runs
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "inputs: {x: [4]}\nlayers:\n"
CAUSAL = "type: MultiheadAttention, num_heads: 2, causal: true"


def test_a_comparison_with_torch_counts_layers_before_torch_is_imported(tmp_path: "Path") -> None:
    path = tmp_path / "many.yaml"
    path.write_text(f"{HEAD}  - {{type: ReLU, repeat: 10001}}\n", encoding="utf-8")
    program = (
        "import sys\nfrom archcalc.cli import main\n"
        "try:\n    main(['verify', sys.argv[1]])\nexcept SystemExit as end:\n"
        "    assert 'torch' not in sys.modules\n    sys.exit(end.code)"
    )
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, "a comparison with torch takes its 10,001 layers one by one" in done.stderr) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("inside", "words"),
    [("type: ReLU", "there is no cache"), (CAUSAL, "a cache takes its 3,000 layers one by one, at most 21")],
)
def test_a_cache_makes_no_layer_of_turns_that_have_none(
    inside: str,
    words: str,
    tmp_path: "Path",
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(effort, "LAYERS", 20)
    monkeypatch.setattr(runs.TurnedLayers, "__iter__", None)
    path = tmp_path / "many.yaml"
    path.write_text(f"inputs: {{x: [4, 8]}}\nlayers: [{{{inside}, repeat: 3000}}]\n", encoding="utf-8")
    ran = run(capsys, "memory", str(path), "--context", "64")
    assert (ran.code, words in " ".join(ran.err.replace("│", " ").split())) == (2, True)


def test_scopes_that_are_calculated_again_make_no_layer_of_too_many(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effort, "LAYERS", 20)
    path = tmp_path / "many.yaml"
    path.write_text(
        f"{HEAD}  - {{type: Sequential, name: s, repeat: 30, layers: [ReLU]}}\n", encoding="utf-8"
    )
    command = ["memory", str(path), "--train", "--checkpoint"]
    anew = vars(runs.Run)["anew"]
    turns: list[int] = []

    def counted(within: runs.Run, turn: int, at: int) -> object:
        turns.append(turn)
        return anew(within, turn, at)

    monkeypatch.setattr(runs.Run, "anew", counted)
    ran = run(capsys, *command, "s.*")
    assert ran.code == 2
    assert "what training keeps takes its 30 layers one by one, at most 21" in ran.err
    assert turns == [1], "the one that tells how many entries there are"


@pytest.mark.parametrize(
    "command",
    [
        *("shapes", "params", "params --parts --format json", "summary", "summary --sort macs", "rf"),
        *("rf --from x", "macs", "macs --backward", "macs --sort bytes"),
    ],
)
def test_rows_are_counted_before_what_would_stand_in_them(
    command: str, tmp_path: "Path", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MAX_ROWS", 20)
    for room, name in (
        (receptive_field, "tracks"),
        (costs, "backward_macs"),
        (runs.TurnedLayers, "__iter__"),
    ):
        monkeypatch.setattr(room, name, None)
    path = tmp_path / "many.yaml"
    path.write_text(f"{HEAD}  - {{type: ReLU, repeat: 300}}\n", encoding="utf-8")
    word, *options = command.split()
    ran = run(capsys, word, str(path), *options)
    assert (ran.code, ran.out) == (2, "")
    assert "a table of 300 layers is too long, at most 21 are laid out" in " ".join(ran.err.split())


@pytest.mark.parametrize("command", ["rf {} --depth 1 --layer", "rf {} --depth 1 --from", "explain {}"])
def test_a_wrong_name_makes_no_layers_of_long_repeats(
    command: str, tmp_path: "Path", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.TurnedLayers, "__iter__", None)
    path = tmp_path / "many.yaml"
    body = "layers: [{type: Conv1d, name: conv, out_channels: 1, kernel_size: 1}]"
    repeat = f"{{type: Sequential, name: stage, repeat: 300000, {body}}}"
    path.write_text(f"inputs: {{x: [1, 4]}}\nlayers: [{repeat}]\n", encoding="utf-8")
    ran = run(capsys, *command.format(path).split(), "stage.3.conw")
    assert ran.code == 2
    assert "did you mean 'stage.3.conv'" in " ".join(ran.err.replace("│", " ").split())
