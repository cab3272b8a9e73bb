"""``archcalc verify --checkpoint``: specs beside files that hold their tensors, and beside others."""

import json
import pickle
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]  # partly untyped
from torch import nn

import archcalc
from archcalc.bridge.libraries import imported
from archcalc.checkpoints.beside import beside_checkpoint
from archcalc.checkpoints.opening import checkpoint_of
from archcalc.errors import Fault
from archcalc.matching.comparison import SideBySide
from archcalc.matching.maps import name_map
from archcalc.matching.tensors import spec_tensors
from tests.checkpoints.files import Entry, gguf_bytes, safetensors_bytes
from tests.cli.running import run
from tests.test_imports import command, loaded_by

GPT2 = {"width": 64, "depth": 2, "heads": 2, "vocab": 100, "positions": 16}
RESNET = archcalc.trace(archcalc.load("resnet18"))


def entries(trace: archcalc.Trace, dtype: str | int = "F32") -> list[Entry]:
    """The tensors of a spec, those that share another one left out, in the order of their names."""
    found = [Entry(each.name, dtype, each.shape) for each in spec_tensors(trace) if each.owner is None]
    return sorted(found)


def beside(folder: Path, trace: archcalc.Trace, held: list[Entry], *maps: str) -> SideBySide:
    """A spec beside a safetensors file."""
    path = folder / "m.safetensors"
    path.write_bytes(safetensors_bytes(held))
    return beside_checkpoint(trace, str(path), list(map(name_map, maps)))


def counts(found: SideBySide) -> dict[str, tuple[int, int, int]]:
    """Kind of value -> equal, different, not compared."""
    each = {check.what: (check.agreed, len(check.mismatches), len(check.skipped)) for check in found.checks}
    return {what: numbers for what, numbers in each.items() if any(numbers)}


def told(found: SideBySide) -> list[str]:
    """Everything that differs, without the folder of the spec and archcalc's name."""
    return [
        str(each).rpartition("/")[2].replace("archcalc says ", "")
        for check in found.checks
        for each in check.mismatches
    ]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What transformers and torch write of a small GPT-2 and of resnet18."""
    folder = tmp_path_factory.mktemp("saved")
    transformers, models = imported("transformers"), imported("torchvision.models")
    config = transformers.GPT2Config(n_embd=64, n_layer=2, n_head=2, vocab_size=100, n_positions=16)
    gpt2 = transformers.GPT2LMHeadModel(config)
    gpt2.save_pretrained(folder / "whole")
    gpt2.save_pretrained(folder / "shards", max_shard_size="60KB")
    torch.save(gpt2.state_dict(), folder / "gpt2.pt")
    torch.save(gpt2.state_dict(), folder / "old.bin", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "state": {"model": gpt2.transformer.half().state_dict()}}, folder / "nested.ckpt")
    save_file(
        {f"module.{name}": each for name, each in models.resnet18().state_dict().items()},
        folder / "r.safetensors",
    )
    return folder


@pytest.mark.parametrize(
    ("name", "form", "equal", "dtype", "notes"),
    [
        ("whole", "safetensors", {"parameters": 28, "ties": 1, "bytes": 1}, "F32", ()),
        ("shards", "safetensors, 9 files", {"parameters": 28, "ties": 1, "bytes": 1}, "F32", ()),
        ("gpt2.pt", "torch", {"parameters": 29, "bytes": 1}, "float32", ()),
        ("old.bin", "torch", {"parameters": 29, "bytes": 1}, "float32", ()),
        (
            "nested.ckpt",
            "torch",
            {"parameters": 28, "ties": 1, "bytes": 1},
            "float16",
            (
                "the tensors are in 'state.model'",
                "names begin with 'transformer.' in the spec alone: 28 tensors found so",
            ),
        ),
    ],
)
def test_what_libraries_write(
    saved: Path, name: str, form: str, equal: dict[str, int], dtype: str, notes: tuple[str, ...]
) -> None:
    trace = archcalc.trace(archcalc.load("gpt2"), GPT2)
    found = beside_checkpoint(trace, str(saved / name))
    assert found.same, told(found)
    assert found.other.startswith(f"{saved / name} (")
    assert found.other.partition(" (")[2] == f"{form})"
    assert counts(found) == {what: (count, 0, 0) for what, count in equal.items()}
    params = archcalc.params(trace).params
    size = 2 if dtype == "float16" else 4
    assert found.stored == ((dtype, 28, params, size * params, params, size * params),)
    assert found.notes == notes


def test_a_prefix_is_found_and_said(saved: Path) -> None:
    found = beside_checkpoint(RESNET, str(saved / "r.safetensors"))
    assert found.same, told(found)
    assert counts(found) == {"parameters": (62, 0, 0), "buffers": (60, 0, 0), "bytes": (2, 0, 0)}
    assert found.notes == ("names begin with 'module.' in the checkpoint alone: 122 tensors found so",)
    assert [(row.dtype, row.tensors, row.numbers) for row in found.stored] == [
        ("F32", 102, 11_699_112),
        ("I64", 20, 20),
    ]


def test_missing_unexpected_and_other_shapes(tmp_path: Path) -> None:
    held = [each for each in entries(RESNET) if each.name != "layer1.0.conv1.weight"]
    held = [Entry("fc.weight", "F32", (10, 512)) if each.name == "fc.weight" else each for each in held]
    held += [Entry("layer1.0.bn1.gain", "F16", (64,)), Entry("ema.decay", "F32", ())]
    found = beside(tmp_path, RESNET, held)
    ours = 11_699_112 + 20 - 64 * 64 * 3 * 3
    assert told(found) == [
        "resnet18.yaml:16:5: layer1.0.conv1 (Conv2d): weight: [64, 64, 3, 3], the checkpoint nothing",
        "resnet18.yaml:16:5: layer1.0.bn1 (BatchNorm2d): gain: nothing, the checkpoint [64]",
        "resnet18.yaml:22:5: fc (Linear): weight: [1000, 512], the checkpoint [10, 512]",
        "resnet18.yaml: resnet18: ema.decay: nothing, the checkpoint []",
        f"resnet18.yaml: resnet18: bytes in F32: {4 * ours:,}, the checkpoint {4 * (ours - 990 * 512 + 1):,}",
        "resnet18.yaml: resnet18: bytes in F16: 0, the checkpoint 128",
    ]
    assert str(found.first).endswith(told(found)[0].rpartition(": ")[2])
    assert "not in the file: 1 parameters of the spec, 36,864 numbers" in found.notes


def test_names_by_a_map_and_by_shape(tmp_path: Path) -> None:
    held = [each._replace(name=each.name.replace("layer", "stage_")) for each in entries(RESNET)]
    mapped = beside(tmp_path, RESNET, held, "stage_{i}=layer{i}")
    assert mapped.same, told(mapped)
    assert mapped.notes == ("114 tensors found by a map of names",)
    assert beside(tmp_path, RESNET, held).same
    with pytest.raises(Fault, match="the map 'stages=layer' is about nothing in the checkpoint"):
        beside(tmp_path, RESNET, held, "stages=layer")


def test_buffers_that_no_layer_has_stored_and_tables_are_not_compared(tmp_path: Path) -> None:
    held = [each for each in entries(RESNET) if not each.name.endswith("num_batches_tracked")]
    assert counts(beside(tmp_path, RESNET, held))["buffers"] == (40, 0, 20)
    del held[next(index for index, each in enumerate(held) if each.name == "bn1.running_mean")]
    (only,) = told(beside(tmp_path, RESNET, held))
    assert "bn1 (BatchNorm2d): running_mean: [64], the checkpoint nothing" in only
    trace = archcalc.trace(archcalc.load("gpt2"), GPT2)
    masks = [Entry(f"transformer.h.{i}.attn.bias", "U8", (1, 1, 16, 16)) for i in range(2)]
    assert counts(beside(tmp_path, trace, [*entries(trace), *masks]))["buffers"] == (0, 0, 2)
    bias = Entry("transformer.h.0.attn.bias", "F32", (16,))
    assert not beside(tmp_path, trace, [*entries(trace), bias]).same


def test_a_tensor_that_is_shared_may_be_stored_twice_or_under_either_name(tmp_path: Path) -> None:
    trace = archcalc.trace(archcalc.load("gpt2"), GPT2)
    held = entries(trace)
    head = [each._replace(name="lm_head.weight") for each in held if each.name == "transformer.wte.weight"]
    other = beside(
        tmp_path, trace, [*head, *(each for each in held if each.name != "transformer.wte.weight")]
    )
    assert (other.same, counts(other)["ties"]) == (True, (1, 0, 0))
    twice = beside(tmp_path, trace, [*held, *head])
    assert twice.same
    assert twice.notes == (
        "lm_head.weight shares transformer.wte.weight in the spec, and takes 25,600 bytes of its own",
    )


LLAMA_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "model.layers": "blk",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


@pytest.mark.parametrize(("spec", "tensors"), [("llama_3_8b", 21), ("qwen3_0_6b", 24)])
def test_llamas_of_gguf(tmp_path: Path, spec: str, tensors: int) -> None:
    """As llama.cpp writes them: other names, matrices in blocks, norms in full, a table of turns besides."""
    values = {"width": 256, "depth": 2, "heads": 4, "inner": 512, "vocab": 160}
    trace = archcalc.trace(archcalc.load(spec), {**values, "kv_heads": 2})
    held = [Entry("rope_freqs.weight", 0, (32,))]
    for each in entries(trace):
        name = each.name
        for ours, theirs in LLAMA_NAMES.items():
            name = name.replace(ours, theirs)
        held.append(Entry(name, 12 if len(each.shape) > 1 else 0, each.shape))
    path = tmp_path / "m.gguf"
    path.write_bytes(gguf_bytes(held))
    found = beside_checkpoint(trace, str(path))
    assert found.same, told(found)
    assert counts(found)["parameters"] == (tensors, 0, 0)
    assert {(row.dtype, row.bytes * 256 // row.numbers) for row in found.stored} == {
        ("F32", 1024),
        ("Q4_K", 144),
    }
    path.write_bytes(gguf_bytes([each for each in held if each.name != "blk.1.ffn_up.weight"]))
    assert (
        "model.layers.1.mlp.up_proj (Linear): weight: archcalc says [512, 256], the checkpoint nothing"
        in str(beside_checkpoint(trace, str(path)).first)
    )


def test_small_files_that_grow_are_bounded(tmp_path: Path) -> None:
    held: dict[str, object] = {"w": torch.zeros(2)}
    for level in range(4):
        held = {f"{level}.{index}": held for index in range(300)}  # 300 ** 4 ways to one dictionary
    torch.save(held, tmp_path / "often.pt")
    assert [each.name for each in checkpoint_of(str(tmp_path / "often.pt")).tensors] == ["w"]
    torch.save({"w": torch.zeros(2)}, tmp_path / "plain.pt")
    with (
        ZipFile(tmp_path / "plain.pt") as plain,
        ZipFile(tmp_path / "packed.pt", "w", ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            packed.writestr(name, plain.read(name) + bytes(1000))
    with pytest.raises(Fault, match=r"packed.pt: '.*data.pkl' in it is packed"):
        checkpoint_of(str(tmp_path / "packed.pt"))


def test_a_sparse_tensor_is_one(tmp_path: Path) -> None:
    spec = "inputs: {x: [4]}\nlayers:\n  - {type: Linear, name: fc, out_features: 3, bias: false}\n"
    torch.save({"fc.weight": torch.zeros(3, 4).to_sparse()}, tmp_path / "sparse.pt")
    assert beside_checkpoint(archcalc.trace(archcalc.loads(spec)), str(tmp_path / "sparse.pt")).same


class Runs:
    """What a pickle may do that is loaded as a whole."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('code of the file is run')",)


def test_a_pickle_with_more_than_tensors_is_refused_and_not_run(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "module.pt")
    torch.save({"weight": torch.zeros(2), "more": Runs()}, tmp_path / "runs.pt")
    (tmp_path / "plain.bin").write_bytes(pickle.dumps(Runs(), protocol=2))
    (tmp_path / "noise.pth").write_bytes(bytes(range(256)) * 4)
    for name in ("module.pt", "runs.pt", "plain.bin", "noise.pth"):
        with pytest.raises(Fault, match="it is damaged, or holds more than tensors and plain values"):
            beside_checkpoint(RESNET, str(tmp_path / name))
    script = torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2))  # type: ignore[no-untyped-call]  # torch's
    torch.jit.save(script, tmp_path / "script.pt")  # pyright: ignore[reportUnknownMemberType]  # partly untyped
    with pytest.raises(Fault, match="it is a TorchScript archive, whose code is not run"):
        beside_checkpoint(RESNET, str(tmp_path / "script.pt"))
    torch.save([torch.zeros(2)], tmp_path / "list.pt")
    with pytest.raises(Fault, match="it holds no dictionary of tensors by name"):
        beside_checkpoint(RESNET, str(tmp_path / "list.pt"))
    (tmp_path / "cut.pt").write_bytes((tmp_path / "list.pt").read_bytes()[:400])
    with pytest.raises(Fault, match=r"cut.pt: torch cannot load it: RuntimeError: "):
        beside_checkpoint(RESNET, str(tmp_path / "cut.pt"))


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors_bytes(entries(archcalc.trace(archcalc.load("lenet5")))))
    good = run(capsys, "verify", "lenet5", "--checkpoint", str(path))
    assert (good.code, good.err) == (0, "")
    assert good.out.endswith("verified: all 11 values that were compared are equal\n")
    bad = run(capsys, "verify", "lenet5", "--set", "classes=7", "--checkpoint", str(path))
    assert bad.code == 1
    assert "first difference: " in bad.out
    document = json.loads(run(capsys, "verify", "lenet5", "--checkpoint", str(path), "--format", "json").out)
    (only,) = document["beside"]
    assert (document["verified"], only["stored"][0]["bytes"]) == (True, 4 * 61_706)
    path.write_bytes(b"\xff" * 30)
    ran = run(capsys, "verify", "lenet5", "--checkpoint", str(path))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"verify: {path}: the header of ")


def test_both_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    spec = "inputs: {x: [8]}\nlayers:\n  - {type: Linear, name: fc, out_features: 4}\n"
    (tmp_path / "own.yaml").write_text(spec, encoding="utf-8")
    (tmp_path / "m.safetensors").write_bytes(
        safetensors_bytes((Entry("fc.weight", "F32", (4, 8)), Entry("fc.bias", "F32", (4,))))
    )
    words = (
        "--against",
        "tests.bridge.own_networks:READY",
        "--map",
        "weight=fc.weight",
        "--map",
        "bias=fc.bias",
    )
    ran = run(capsys, "verify", str(tmp_path / "own.yaml"), *words)
    assert ran.code == 0, ran
    both = run(
        capsys,
        "verify",
        str(tmp_path / "own.yaml"),
        *words[:2],
        "--checkpoint",
        str(tmp_path / "m.safetensors"),
    )
    assert both.code == 0
    assert both.out.count("verified: all ") == 2


def test_a_header_is_compared_without_torch(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors_bytes(entries(archcalc.trace(archcalc.load("lenet5")))))
    loaded = loaded_by(command("verify", "lenet5", "--checkpoint", str(path)))
    assert "archcalc.checkpoints.beside" in loaded
    assert not loaded & {"torch", "numpy", "safetensors"}
