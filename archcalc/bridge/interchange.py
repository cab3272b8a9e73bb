"""A network as an ONNX file, its shapes inferred once more by onnx itself."""

import warnings
from math import prod
from typing import TYPE_CHECKING, cast

import torch

from archcalc.bridge.libraries import imported
from archcalc.bridge.network import TorchNetwork, example
from archcalc.errors import Fault, SpecError
from archcalc.exporting.unwritable import unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType
    from typing import Protocol

    from torch.onnx import ONNXProgram

    from archcalc.facts import Shape
    from archcalc.tracing import Trace

    class Dimension(Protocol):
        """A size, or the name of one."""

        dim_value: int

    class Value(Protocol):
        """An output of an ONNX graph, as far as it is looked at."""

        name: str


BYTES = 4
MAX_BYTES = 2**31 - 1
"""Limit of the file's format."""
BATCH = 2
"""The batch is named N in the file; torch takes an example of 1 for a size that never changes."""


def onnx_file(trace: "Trace") -> bytes:
    """All of a file of a network, with random weights.

    Raises:
        Fault: a library is missing.
        LayerError: torch fails in a layer.
        SpecError: what a layer calculates is not known.
    """
    _installed("onnx")
    _installed("onnxscript")
    problems = [problem for layer in trace.layers for problem in unwritable(layer)]
    if problems:
        raise SpecError(problems)
    _fits(trace)
    outputs = tuple(f"output_{index}" for index in range(len(trace.outputs)))
    batch = torch.export.Dim("N")
    network = TorchNetwork(trace).eval()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(  # pyright: ignore[reportUnknownMemberType]  # torch leaves parts untyped
                network,
                example(trace, BATCH, "cpu"),
                input_names=list(trace.inputs),
                output_names=list(outputs),
                dynamic_shapes=(tuple({0: batch} for _ in trace.inputs),),
                dynamo=True,
                verbose=False,
            )
    except Exception as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise Fault(f"torch.onnx fails: {reason}", hint="export --to torch writes the module") from error
    content: bytes = cast("ONNXProgram", program).model_proto.SerializeToString()
    return content


def compare_onnx(trace: "Trace", content: bytes) -> None:
    """Compare what onnx infers of a file with the trace.

    Raises:
        Fault: it infers other shapes.
    """
    onnx = _installed("onnx")
    read = onnx.load_model_from_string(content)
    model = onnx.shape_inference.infer_shapes(read, check_type=True, strict_mode=True)
    onnx.checker.check_model(model, full_check=True)
    _compare(trace, _shapes(model.graph.output))


def _fits(trace: "Trace") -> None:
    """Refuse weights for which one file has no room."""
    numbers = sum(
        prod(shape)
        for layer in trace.layers
        for name, shape in layer.facts.weights.items()
        if name not in layer.tied
    )
    if numbers * BYTES > MAX_BYTES:
        fact = f"an ONNX file holds {MAX_BYTES:,} bytes, the weights are {numbers * BYTES:,}"
        raise Fault(fact, hint="export --to torch writes the module without weights")


def _installed(name: str) -> "ModuleType":
    """A library of the extra."""
    try:
        return imported(name)
    except Fault as fault:
        raise Fault(fault.fact, hint="pip install 'archcalc[onnx]'") from None


def _shapes(values: "Sequence[Value]") -> "Mapping[str, Shape]":
    """Output -> its shape without the batch, as onnx has it; -1: a size that it does not know."""
    found: dict[str, Shape] = {}
    for value in values:
        sizes = cast("Sequence[Dimension]", value.type.tensor_type.shape.dim)  # type: ignore[attr-defined]  # onnx's own
        found[value.name] = tuple(size.dim_value or -1 for size in sizes[1:])
    return found


def _compare(trace: "Trace", inferred: "Mapping[str, Shape]") -> None:
    for port, (name, shape) in zip(trace.outputs, inferred.items(), strict=True):
        if port.tensor.shape != shape:
            fact = f"{port}: onnx infers {list(shape)} for {name}, archcalc {list(port.tensor.shape)}"
            raise Fault(fact, hint="the file is written; report the layer")
