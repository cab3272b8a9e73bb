"""Padding that is a word where a kind takes numbers: the numbers that the word means."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, Meant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.layers.base import Layer
    from archcalc.tracing.frames import Site

WORDS = ("same", "valid")


def padding_meant(kind: "type[Layer]", values: "Mapping[str, object]") -> "dict[str, object] | None":
    """The arguments that pad as the word in ``padding`` says; None where it is no such word, or none do.

    Of windows 'same' makes ceil(n / stride) positions, of transposed ones n stride, as in TensorFlow
    (tensorflow.org/api_docs/python/tf/nn, "Notes on padding"): (k - 1) / 2 on each side of an odd kernel;
    nothing, and the last window cut off, where kernel and stride are one even number; of transposed windows
    p and an output padding q with 2 p - q = k - stride.

    Args:
        kind: what takes numbers alone.
        values: its arguments.
    """
    word = str(values.get("padding")).lower()
    if word not in WORDS or values.get("dilation", 1) != 1:
        return None
    if word == "valid":
        return {"padding": 0}
    if "padding_mode" in kind.model_fields and not kind.transposed and values.get("stride", 1) == 1:
        return {"padding": "same"}  # the word itself, as torch's convolutions take it
    kernels = _sizes(values.get("kernel_size"))
    strides = _sizes(values.get("stride")) or ((1,) if "out_channels" in kind.model_fields else kernels)
    if not kernels or not strides:
        return None
    axes = list(zip(*_alike(kernels, strides), strict=True))
    return _transposed(axes) if kind.transposed else _windows(kind, axes)


def padding_fault(fault: Fault, kind: "type[Layer]", values: "Mapping[str, object]", site: "Site") -> Fault:
    """The fault of a word in the place of numbers, with what it means where there are such numbers."""
    from archcalc.writing import flow_text

    meant = padding_meant(kind, values)
    written = site.frame.document.at(site.path)
    if meant is None or not isinstance(written, dict):
        return fault
    entry = {**cast("Mapping[str, object]", written), **meant}
    said = f"write {flow_text(meant)[1:-1]}, which is {str(values['padding']).lower()!r} here"
    return Fault(fault.fact, hint=said, meant=Meant((entry,)))


def _windows(kind: "type[Layer]", axes: "Iterable[tuple[int, int]]") -> "dict[str, object] | None":
    axes = list(axes)
    if all(kernel % 2 for kernel, _ in axes):
        counted = {"count_include_pad": False} if "count_include_pad" in kind.model_fields else {}
        return {"padding": _argument(kernel // 2 for kernel, _ in axes), **counted}
    if all(kernel == stride for kernel, stride in axes) and "ceil_mode" in kind.model_fields:
        return {"padding": 0, "ceil_mode": True}
    return None


def _transposed(axes: "Iterable[tuple[int, int]]") -> "dict[str, object] | None":
    axes = list(axes)
    if any(kernel < stride for kernel, stride in axes):
        return None
    paddings = [(kernel - stride + 1) // 2 for kernel, stride in axes]
    behind = [(kernel - stride) % 2 for kernel, stride in axes]
    if any(more >= stride for more, (_, stride) in zip(behind, axes, strict=True)):
        return None
    more: dict[str, object] = {"output_padding": _argument(behind)} if any(behind) else {}
    return {"padding": _argument(paddings), **more}


def _sizes(value: object) -> tuple[int, ...]:
    """A size per axis, one for all; empty where it is none."""
    sizes = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    whole = tuple(size for size in sizes if isinstance(size, int) and size > 0)
    return whole if len(whole) == len(sizes) else ()


def _alike(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Both for as many axes."""
    axes = max(len(first), len(second))
    return first * (axes // len(first)), second * (axes // len(second))


def _argument(sizes: "Iterable[int]") -> object:
    listed = list(sizes)
    return listed[0] if len(set(listed)) == 1 else listed
