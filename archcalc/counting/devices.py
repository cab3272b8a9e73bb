"""Devices: what they calculate and move at most, by their makers' data sheets."""

from typing import TYPE_CHECKING

from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

TERA, GIGA = 10**12, 10**9


@dataclass(frozen=True, slots=True)
class Device:
    """A device.

    Args:
        name: what it is called here.
        title: its full name.
        peak: dtype -> floating point operations per second, two per multiply-accumulate, of dense matrices.
        bandwidth: bytes per second of its memory.
        source: where the numbers stand.
    """

    name: str
    title: str
    peak: "Mapping[str, float]"
    bandwidth: float
    source: str


def _device(name: str, title: str, source: str, bandwidth: float, peak: "Mapping[str, float]") -> Device:
    """A device by its tera operations and its giga bytes per second."""
    of = {dtype: tera * TERA for dtype, tera in peak.items()}
    return Device(name, title, of, bandwidth * GIGA, source)


DEVICES = {
    device.name: device
    for device in (
        _device(
            "v100",
            "NVIDIA V100 SXM2 32 GB",
            "NVIDIA V100 data sheet, 2020",
            900,
            {"float64": 7.8, "float32": 15.7, "float16": 125},
        ),
        _device(
            "t4",
            "NVIDIA T4 16 GB",
            "NVIDIA T4 data sheet, 2019",
            320,
            {"float32": 8.1, "float16": 65, "int8": 130},
        ),
        _device(
            "a100",
            "NVIDIA A100 SXM 80 GB",
            "NVIDIA A100 data sheet, 2021, without sparsity",
            2039,
            {"float64": 19.5, "float32": 19.5, "tf32": 156, "float16": 312, "bfloat16": 312, "int8": 624},
        ),
        _device(
            "l4",
            "NVIDIA L4 24 GB",
            "NVIDIA L4 data sheet, 2023, half of what it states with sparsity",
            300,
            {"float32": 30.3, "tf32": 60, "float16": 121, "bfloat16": 121, "float8": 242.5, "int8": 242.5},
        ),
        _device(
            "h100",
            "NVIDIA H100 SXM 80 GB",
            "NVIDIA H100 data sheet, 2023, half of what it states with sparsity",
            3350,
            {
                "float64": 67,
                "float32": 67,
                "tf32": 494.5,
                "float16": 989.5,
                "bfloat16": 989.5,
                "float8": 1979,
                "int8": 1979,
            },
        ),
    )
}
"""Name -> device."""
