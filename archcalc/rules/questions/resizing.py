"""Advice to give an input another size."""

from typing import TYPE_CHECKING

from archcalc.rules.questions.axes import axis_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.analyses.resizing import Fits, Source
    from archcalc.rules.language import Context


def offered(context: "Context", fits: "Mapping[Source, Fits]") -> str:
    """The sizes that fit, as an advice: give 'image' 96 or 104 rows and 96 or 104 columns."""
    inputs: dict[str, list[str]] = {}
    for source, found in fits.items():
        word = axis_word(context.trace.inputs[source.input].shape, source.axis)
        sizes = " or ".join(f"{size:,}" for size in (found.below, found.over) if size is not None)
        named = f" (multiples of {found.multiple})" if found.multiple else ""
        inputs.setdefault(source.input, []).append(f"{sizes} {word}s{named}")
    return "; ".join(f"give {name!r} {' and '.join(sizes)}" for name, sizes in inputs.items())
