"""How reports look: a line in a shell, the command's table as text, and the same in a notebook."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.render.cells import Table


class Shown(ABC):
    """A report that shows as the tables that its command prints."""

    @abstractmethod
    def tables(self) -> "Sequence[Table]":
        """What the command prints."""

    def __repr__(self) -> str:
        """What the first table is about, and its first total."""
        first = self.tables()[0]
        return f"<{type(self).__name__} {'; '.join([first.title, *first.footer[:1]])}>"

    def __str__(self) -> str:
        from archcalc.render.emit import text

        return "\n".join(map(text, self.tables()))

    def _repr_html_(self) -> str:
        from archcalc.render.html import tables_html

        return tables_html(self.tables())
