"""Files of other programs that are given for a spec: told by their first bytes, or by their keys."""

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from archcalc.errors import SpecError
from archcalc.source.messages import refusal
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

HEAD = 1024
"""Bytes that are looked at."""
START = "`archcalc zoo` lists specs to start from"
BESIDE = "`archcalc verify SPEC --checkpoint FILE` compares a spec with them"
WIRING = "weights do not say how layers are wired: write the network that they belong to as a spec"
WEIGHTS = f"{WIRING}; {START}\n{BESIDE}"
GRAPH = f"write the network as a spec, a layer a line; {START}"


class Foreign(NamedTuple):
    """What a file is, and what to do with it."""

    what: str
    hint: str


BINARY: tuple[tuple[bytes, Foreign], ...] = (
    (rb"\x89HDF\r\n\x1a\n", Foreign("an HDF5 file (a Keras checkpoint, .h5)", WEIGHTS)),
    (rb"GGUF[\x01-\x09]\0\0\0", Foreign("a GGUF checkpoint", WEIGHTS)),
    (rb'.{5}\0{3}\{\s*"', Foreign("a safetensors checkpoint", WEIGHTS)),
    (rb"PK\x03\x04.{26}(?:metadata|config)\.json", Foreign("a Keras archive (.keras)", WEIGHTS)),
    (
        rb"PK\x03\x04.{26}[^/]{1,200}/(?:data\.pkl|\.format_version|version|byteorder|data/)",
        Foreign("a PyTorch checkpoint", WEIGHTS),
    ),
    (rb"PK\x03\x04.{26}[^/]{1,200}\.npy", Foreign("a NumPy archive", WEIGHTS)),
    (
        rb"PK\x03\x04|\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd",
        Foreign("a compressed file", f"unpack it first; {START}"),
    ),
    (rb"\x93NUMPY", Foreign("a NumPy array", WEIGHTS)),
    (rb"\x80[\x02-\x05]", Foreign("a PyTorch checkpoint or another pickle", WEIGHTS)),
    (rb".{4}TFL3", Foreign("a TensorFlow Lite model", GRAPH)),
    (rb"\x08[\x03-\x20][\x12\x1a\x22\x28\x32\x3a\x42]", Foreign("an ONNX model", GRAPH)),
    (rb"\x08\x01\x12", Foreign("a TensorFlow SavedModel", GRAPH)),
)
"""What a file that is no text begins with."""
TEXT: tuple[tuple[str, Foreign], ...] = (
    (
        r"\A(?:\s|[#;].*\n)*\[(?:net|network|convolutional|conv)\]",
        Foreign(
            "a darknet cfg",
            f"[convolutional] is the block DarknetConv, [shortcut] a Residual, [route] a Concat; {START}",
        ),
    ),
    (
        r"^\s*(?:layers?|input_param|node|entry)\s*\{",
        Foreign("a prototxt (Caffe's, or another protocol buffer in text)", GRAPH),
    ),
    (
        r"\A(?:\s|#.*\n|\"\"\"[^\"]*\"\"\")*(?:import \w|from [\w.]+ import |class \w+[(:]|def \w+\()",
        Foreign("Python code", f"a torch module is written package.module:factory; or {GRAPH}"),
    ),
    (r"\A\s*<(?:\?xml|!DOCTYPE|html|net\b)", Foreign("XML or HTML", GRAPH)),
)
"""What a text of another program has in its first lines."""
SUFFIXES: "Mapping[str, Foreign]" = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin"), Foreign("a PyTorch checkpoint, by its name", WEIGHTS)),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), Foreign("a Keras checkpoint, by its name", WEIGHTS)),
    ".safetensors": Foreign("a safetensors checkpoint, by its name", WEIGHTS),
    ".gguf": Foreign("a GGUF checkpoint, by its name", WEIGHTS),
    ".onnx": Foreign("an ONNX model, by its name", GRAPH),
    ".pb": Foreign("a TensorFlow graph, by its name", GRAPH),
    ".tflite": Foreign("a TensorFlow Lite model, by its name", GRAPH),
    ".caffemodel": Foreign("a Caffe model, by its name", WEIGHTS),
    ".prototxt": Foreign("a prototxt, by its name", GRAPH),
    ".weights": Foreign("darknet's weights, by its name", WEIGHTS),
    ".npz": Foreign("a NumPy archive, by its name", WEIGHTS),
    ".index": Foreign("a TensorFlow checkpoint, by its name", WEIGHTS),
    ".data": Foreign("a TensorFlow checkpoint, by its name", WEIGHTS),
    ".msgpack": Foreign("a Flax checkpoint, by its name", WEIGHTS),
    ".mlmodel": Foreign("a Core ML model, by its name", GRAPH),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), Foreign("a pickle, by its name", WEIGHTS)),
}
"""What only a name tells."""
ULTRALYTICS = Foreign(
    "an ultralytics YAML",
    f"its lists [from, repeats, module, arguments] become layers with `type`, `from` and `repeat`; {START}",
)
HUGGING_FACE = Foreign(
    "a Hugging Face config",
    f"it has the sizes of a network and not its layers: set them as `vars` of a spec of that family; {START}",
)
SIZES = Foreign(
    "a config of a network's sizes (as of Hugging Face's or timm's models)",
    HUGGING_FACE.hint,
)
KERAS = Foreign(
    "a Keras JSON",
    f"its class_name is `type` here, filters are out_channels, units are out_features; {START}",
)
JSON = (("model_type|architectures", HUGGING_FACE), ("class_name", KERAS))
"""Keys of a JSON, where it is larger than a spec may be."""
SPEC = frozenset({"inputs", "layers"})
NEARLY = SPEC | {"input", "layer"}
"""What says that a spec is meant, in small letters."""
SIZES_OF = frozenset(
    {
        *("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size"),
        *("d_model", "n_embd", "n_layer", "n_head", "n_layers", "n_heads", "dim"),
        *("embed_dim", "vision_cfg", "text_cfg"),
        *("architecture", "num_classes", "num_features", "pretrained_cfg"),
    }
)
"""Keys of which a config without a ``model_type`` has several."""


def by_content(content: bytes, file: str) -> Foreign | None:
    """What a file is that cannot be read as YAML, by its first bytes, else by its name; None: unknown."""
    head = content[:HEAD]
    for pattern, foreign in BINARY:
        if re.match(pattern, head, re.DOTALL):
            return foreign
    text = head.decode(errors="replace").removeprefix("\ufeff").replace("\r", "\n")
    if "\0" not in text:
        for words, foreign in TEXT:
            if re.search(words, text, re.MULTILINE):
                return foreign
        known = () if '"inputs"' in text else JSON
        for key, foreign in known:
            if re.search(rf'\A\s*\{{(?:.|\n)*"(?:{key})"\s*:', text):
                return foreign
    return SUFFIXES.get(PurePath(file).suffix.lower().split("-")[0])  # TensorFlow: .data-00000-of-00001


def by_document(data: object, text: str, file: str) -> Foreign | None:
    """What a file is that can be read as YAML and has not the keys of a spec; None: unknown."""
    keys = cast("Mapping[str, object]", data).keys() if isinstance(data, dict) else frozenset[str]()
    if any(key.lower() in NEARLY for key in keys):
        return _by_keys(keys) if not keys >= SPEC else None
    return _by_keys(keys) or by_content(text.encode(), file) or (SIZES if len(keys & SIZES_OF) > 1 else None)


def _by_keys(keys: "AbstractSet[str]") -> Foreign | None:
    if "backbone" in keys and not keys.isdisjoint({"head", "nc"}):
        return ULTRALYTICS
    if not keys.isdisjoint({"model_type", "architectures", "_class_name", "transformers_version"}):
        return HUGGING_FACE
    if "class_name" in keys and not keys.isdisjoint({"config", "module", "keras_version"}):
        return KERAS
    return None


def refused(foreign: Foreign, file: str) -> SpecError:
    """The one error of a file of another program."""
    return refusal(file, (1, 1), f"this is {foreign.what}, not a spec", foreign.hint)
