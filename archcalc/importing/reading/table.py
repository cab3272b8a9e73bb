"""Name of an operation -> its translator: the families' tables put together."""

from typing import TYPE_CHECKING

from archcalc.importing.reading import (
    activations,
    arithmetic,
    attending,
    casting,
    comparing,
    composed,
    detaching,
    indexing,
    joining,
    moving,
    normalising,
    products,
    reductions,
    reshaping,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Translator

FUNCTIONS: "Mapping[str, Translator]" = {
    **activations.TABLE,
    **arithmetic.TABLE,
    **casting.TABLE,
    **detaching.TABLE,
    **comparing.TABLE,
    **reshaping.TABLE,
    **moving.TABLE,
    **joining.TABLE,
    **writing.TABLE,
    **indexing.TABLE,
    **reductions.TABLE,
    **composed.TABLE,
    **products.TABLE,
    **normalising.TABLE,
    **attending.TABLE,
}
