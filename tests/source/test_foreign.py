"""Files of other programs are named, by their first bytes or their keys, by every command."""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from archcalc.source.files import bytes_of
from tests.cli.running import run

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]

CFG = "[net]\nbatch=64\nwidth=416\n\n[convolutional]\nfilters=32\nsize=3\n"
ULTRALYTICS = """\
# YOLOv8
nc: 80
scales: {n: [0.33, 0.25, 1024]}
backbone:
  - [-1, 1, Conv, [64, 3, 2]]
head:
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
"""
PROTOTXT = 'name: "LeNet"\nlayer {\n  name: "conv1"\n  type: "Convolution"\n  bottom: "data"\n}\n'
PROTOTXT_V1 = 'name: "CaffeNet"\ninput: "data"\ninput_dim: 10\nlayers {\n  type: CONVOLUTION\n}\n'
HF = json.dumps({"architectures": ["BertForMaskedLM"], "hidden_size": 768, "model_type": "bert"}, indent=2)
MANY_LABELS = {"id2label": {str(label): f"n{label}" for label in range(60_000)}}
KERAS = json.dumps(
    {
        "class_name": "Sequential",
        "config": {"name": "m", "layers": [{"class_name": "Dense"}]},
        "backend": "tensorflow",
    }
)


def saved(*, zipped: bool) -> bytes:
    """What torch itself writes."""
    stream = io.BytesIO()
    torch.save({"w": torch.zeros(3)}, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue()


def archive(first: str) -> bytes:
    """A zip file whose first entry has this name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr(first, "{}")
    return stream.getvalue()


def safetensors() -> bytes:
    """The format as its description has it: a length, a header in JSON, bytes."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * 4


FILES: dict[str, tuple[str, str | bytes, str]] = {
    "darknet": ("yolov3.cfg", CFG, "a darknet cfg"),
    "darknet, with a comment, as text": ("net.txt", "# Testing\n" + CFG, "a darknet cfg"),
    "darknet, network": ("a.yaml", CFG.replace("[net]", "[network]"), "a darknet cfg"),
    "darknet, CR LF": ("a.yaml", CFG.replace("\n", "\r\n"), "a darknet cfg"),
    "darknet, comments with semicolons": ("a.cfg", "; one\n# two\n[network]\nbatch=64\n", "a darknet cfg"),
    "darknet, conv": ("a.txt", "[conv]\nfilters=32\n", "a darknet cfg"),
    "ultralytics": ("yolov8.yaml", ULTRALYTICS, "an ultralytics YAML"),
    "ultralytics, without nc": ("m.yml", ULTRALYTICS.replace("nc: 80\n", ""), "an ultralytics YAML"),
    "Hugging Face": ("config.json", HF, "a Hugging Face config"),
    "Hugging Face, on one line": ("a.yaml", json.dumps(json.loads(HF)), "a Hugging Face config"),
    "Hugging Face, many labels": (
        "config.json",
        json.dumps(json.loads(HF) | MANY_LABELS),
        "a Hugging Face config",
    ),
    "diffusers": ("config.json", '{"_class_name": "UNet2DConditionModel"}', "a Hugging Face config"),
    "GPT-2, old": (
        "config.json",
        '{"n_ctx": 1024, "n_embd": 768, "n_head": 12}',
        "a config of a network's sizes",
    ),
    "Llama": ("params.json", '{"dim": 4096, "n_heads": 32, "n_layers": 32}', "a config of a network's sizes"),
    "open_clip": (
        "a.json",
        '{"embed_dim": 512, "vision_cfg": {"layers": 12}, "text_cfg": {"width": 512}}',
        "a config of a network's sizes",
    ),
    "timm": (
        "config.json",
        '{"architecture": "resnet50", "num_classes": 1000, "pretrained_cfg": {}}',
        "a config of a network's sizes",
    ),
    "sizes as YAML": ("a.yaml", "hidden_size: 64\nvocab_size: 100\n", "a config of a network's sizes"),
    "Keras": ("model.json", KERAS, "a Keras JSON"),
    "Keras 3": ("model.json", json.dumps({"module": "keras", **json.loads(KERAS)}), "a Keras JSON"),
    "Keras archive": ("model.keras", archive("metadata.json"), "a Keras archive"),
    "prototxt": ("lenet.prototxt", PROTOTXT, "a prototxt"),
    "prototxt, old": ("deploy.txt", PROTOTXT_V1, "a prototxt"),
    "solver": ("solver.prototxt", 'net: "train.prototxt"\nbase_lr: 0.01\n', "a prototxt, by its name"),
    "pointer": ("model.pt", "version https://example.org/spec/v1\n", "a PyTorch checkpoint, by its name"),
    "TensorFlow, names": ("model.ckpt-1.index", b"\0\0\x1d_CHECK", "a TensorFlow checkpoint, by its name"),
    "TensorFlow": ("m.ckpt.data-00000-of-00001", b"\0\1\2", "a TensorFlow checkpoint, by its name"),
    "Flax": ("flax_model.msgpack", b"\x81\xa6params\x80", "a Flax checkpoint, by its name"),
    "ONNX": ("model.onnx", b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:\x80\x01\n\x03abc", "an ONNX model"),
    "ONNX, by bytes": ("model", b"\x08\x09:\x90\x02\n\x06conv1_", "an ONNX model"),
    "ONNX, by name": ("model.onnx", b"\xff\xfa\xfb", "an ONNX model"),
    "checkpoint": ("resnet.pth", saved(zipped=True), "a PyTorch checkpoint"),
    "checkpoint, old": ("resnet.pt", saved(zipped=False), "a PyTorch checkpoint"),
    "checkpoint, by bytes": ("weights", saved(zipped=True), "a PyTorch checkpoint"),
    "pickle": ("weights", pickle.dumps({"a": 1}), "a PyTorch checkpoint or another pickle"),
    "safetensors": ("model.safetensors", safetensors(), "a safetensors checkpoint"),
    "safetensors, by bytes": ("model", safetensors(), "a safetensors checkpoint"),
    "GGUF": ("llama.gguf", b"GGUF\x03\0\0\0" + b"\1" * 32, "a GGUF checkpoint"),
    "HDF5": ("model.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 32, "an HDF5 file"),
    "TensorFlow Lite": ("model.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 8, "a TensorFlow Lite model"),
    "SavedModel": ("saved_model.pb", b"\x08\x01\x12\xff\x01", "a TensorFlow SavedModel"),
    "NumPy": ("w.npy", b"\x93NUMPY\x01\0", "a NumPy array"),
    "gzip": ("a.yaml.gz", b"\x1f\x8b\x08\0", "a compressed file"),
    "darknet's weights": ("yolov3.weights", b"\0\0\0\0\x02\0\0\0", "darknet's weights"),
    "Python": (
        "model.py",
        "import torch\nfrom torch import nn\n\nclass Net(nn.Module):\n    pass\n",
        "Python code",
    ),
}


BY_NAME = (FILES["ONNX, by name"][1], FILES["darknet's weights"][1])


@pytest.mark.parametrize(("name", "content", "words"), FILES.values(), ids=FILES)
def test_another_programs_file_is_named(
    name: str, content: str | bytes, words: str, tmp_path: Path, capsys: "Capsys"
) -> None:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    for command in ("shapes", "params", "summary", "rf", "attention"):
        ran = run(capsys, command, str(file))
        assert ran.code == 2
        assert ran.err.startswith(f"{file}:1:1: this is {words}"), ran.err
        assert ", not a spec\n  " in ran.err
        assert ran.err.count(str(file)) == 1, "one error"
        assert ("by its name" in ran.err) == ("by its name" in words or content in BY_NAME)
    checked = run(capsys, "check", str(file))
    assert checked.code == 1
    assert f"AC001 [error] this is {words}" in checked.out
    assert checked.out.endswith("1 spec checked: 1 error\n")


BROKEN = {
    "flow": '{"inputs": {"x": [3]}, "layers": ["ReLU"\n',
    "safe length": 'inputs: {"x": [3}\nlayers: [ReLU]\n',
    "a model_type of its own": '{"vars": {"model_type": "x"}, "inputs": {"x": [3]}, "layers": [}\n',
    "a layer called layer": "inputs: {x: [3]}\nlayers:\n  - {type: ReLU, name: layer\n",
    "a note on import": "note: import it\ninputs: {x: [3]}\nlayers: [ReLU\n",
    "a list of nets": "- [net]\n- {a\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_spec_is_not_taken_for_something_else(text: str, tmp_path: Path, capsys: "Capsys") -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    ran = run(capsys, "shapes", str(tmp_path / "a.yaml"))
    assert ran.code == 2
    assert "not a spec" not in ran.err


def test_a_spec_with_such_keys_in_it_is_one(tmp_path: Path, capsys: "Capsys") -> None:
    text = "vars: {model_type: bert, architectures: 1}\ninputs: {x: [3]}\nlayers: [ReLU]\n"
    (tmp_path / "a.onnx").write_text(text, encoding="utf-8")
    assert run(capsys, "shapes", str(tmp_path / "a.onnx")).code == 0


def test_a_large_checkpoint_is_not_read(tmp_path: Path, capsys: "Capsys") -> None:
    file = tmp_path / "large.gguf"
    with file.open("wb") as stream:
        stream.write(b"GGUF\x03\0\0\0")
        stream.truncate(20 * 2**30)  # takes no room on the disk
    assert "this is a GGUF checkpoint" in run(capsys, "shapes", str(file)).err
    assert len(bytes_of(file)) < 17 * 2**20
