"""Name of an operation -> its translator: the families' tables put together."""

from typing import TYPE_CHECKING

from archcalc.importing.reading import (
    activations,
    arithmetic,
    attending,
    indexing,
    moving,
    normalising,
    products,
    reductions,
    reshaping,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Translator

FUNCTIONS: "Mapping[str, Translator]" = {
    **activations.TABLE,
    **arithmetic.TABLE,
    **reshaping.TABLE,
    **moving.TABLE,
    **indexing.TABLE,
    **reductions.TABLE,
    **products.TABLE,
    **normalising.TABLE,
    **attending.TABLE,
}
