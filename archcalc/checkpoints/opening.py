"""Which kind of checkpoint a file is, by its first bytes, and what its header says."""

from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.checkpoints.gguf import MAGIC, gguf_header
from archcalc.checkpoints.safetensors import safetensors_header
from archcalc.checkpoints.shards import sharded
from archcalc.checkpoints.stored import Checkpoint
from archcalc.errors import Fault
from archcalc.source.files import stream_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Header = Callable[[Path, int | None], Checkpoint]

PICKLED = (b"PK\x03\x04", b"\x80\x02")
"""First bytes of what torch.save writes: a zip file since version 1.6, else a pickle."""
NAMES = (".pt", ".pth", ".bin", ".ckpt", ".tar")
IN_FOLDER = ("model.safetensors.index.json", "model.safetensors", "pytorch_model.bin")
FORMS = "a checkpoint is a .safetensors file, the .index.json of several, a .gguf or a .pt file"


def checkpoint_of(written: str, most: int | None = None) -> Checkpoint:
    """What the header of a checkpoint says.

    Args:
        written: a file, or a folder that has one under the name that transformers gives it.
        most: tensors that it may have; None: as many as any.

    Raises:
        Fault: it cannot be read, or is no checkpoint; the file's name stands in front.
    """
    if not written:
        raise Fault("the checkpoint's name is empty", hint=FORMS)
    path = Path(written)
    try:
        if path.is_dir():
            path = next((path / name for name in IN_FOLDER if (path / name).is_file()), path)
        return _header(path)(path, most)
    except Fault as fault:
        raise Fault(f"{path}: {fault.fact}", hint=fault.hint) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Fault(f"{path}: cannot be read: {reason.lower()}", hint=FORMS) from None


def _header(path: Path) -> "Header":
    if path.is_dir():
        raise Fault(f"this is a folder, and none of {', '.join(IN_FOLDER)} is in it", hint=FORMS)
    if not path.exists():
        raise Fault("there is no such file", hint=FORMS)
    with stream_of(path) as file:
        first = file.read(16)
    if not first:
        raise Fault("the file is empty", hint=FORMS)
    if first.startswith(MAGIC):
        return gguf_header
    if first.startswith(PICKLED) or path.suffix in NAMES:
        from archcalc.bridge.pickled import pickled

        return pickled
    if first.lstrip()[:1] == b"{":
        return sharded
    return lambda path, most: Checkpoint("safetensors", 1, safetensors_header(path, most))
