"""The commands that look at a network: shapes, params, summary, attention."""

from dataclasses import field, fields
from typing import TYPE_CHECKING, Unpack

from archcalc.analyses import attention as attending
from archcalc.analyses import parameters
from archcalc.analyses import summary as together
from archcalc.analyses.compute import macs
from archcalc.python.opening import depth_given, setting_given, traced_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass
from archcalc.render.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.analyses.compute import MacsReport
    from archcalc.python.opening import FloatDtype, GivenOptions, Network
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace


@dataclass(frozen=True, repr=False)
class Shapes(Shown):
    """Input and output shape of every layer."""

    network: "Trace"
    depth: int | None = None

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc shapes`` prints."""
        from archcalc.render.reports import shapes_table

        return [shapes_table(self.network, self.depth)]


@dataclass(frozen=True, repr=False)
class Params(Shown, parameters.ParamsReport):
    """Weights and their elements, of every layer and in all."""

    network: "Trace"
    macs: "MacsReport | None"
    depth: int | None = None

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc params`` prints."""
        from archcalc.render.reports import params_table

        return [params_table(self.network, self, self.depth, self.macs)]


@dataclass(frozen=True, repr=False)
class NetworkSummary(Shown, together.Summary):
    """Parameters, multiply-accumulates, receptive fields and bytes of a network, each when it is first asked.

    Args:
        view: columns, order and depth of the table.
    """

    view: View = field(default_factory=View)

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc summary`` prints."""
        from archcalc.render.summary import summary_table

        return [summary_table(self, self.view, wide=True)]


@dataclass(frozen=True, repr=False)
class AttentionOfNetwork(Shown, attending.AttentionReport):
    """All attention of a network, and all that brings positions into it."""

    network: "Trace"

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc attention`` prints."""
        from archcalc.render.attention import attention_table, parts_table

        return [attention_table(self, self.network.model), *([parts_table(self)] if self.layers else [])]


def shapes(network: "Network", *, depth: int | None = None, **given: "Unpack[GivenOptions]") -> Shapes:
    """Input and output shape of every layer, as ``archcalc shapes`` has them.

    Args:
        network: a trace, a spec, its name or file, or its data.
        depth: fold containers below this depth in the table.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: an option is wrong.
        SpecError: the spec cannot be read or traced.
    """
    return Shapes(traced_given(network, given), depth_given(depth))


def params(
    network: "Network", *, parts: bool = False, depth: int | None = None, **given: "Unpack[GivenOptions]"
) -> Params:
    """Weights and their elements, as ``archcalc params`` has them; ``parts``: of gates too, with MACs."""
    trace = traced_given(network, given)
    found = parameters.params(trace)
    counts = {each.name: getattr(found, each.name) for each in fields(found)}
    return Params(**counts, network=trace, macs=macs(trace) if parts else None, depth=depth_given(depth))


def summary(
    network: "Network",
    *,
    columns: "str | Iterable[str]" = (),
    sort: str | None = None,
    batch: int = 1,
    dtype: "FloatDtype | None" = None,
    depth: int | None = None,
    **given: "Unpack[GivenOptions]",
) -> NetworkSummary:
    """What every layer makes, holds and costs, and the sizes of the network, as ``archcalc summary`` has it.

    Args:
        network: a trace, a spec, its name or file, or its data.
        columns: words of ``--columns``; none: the usual columns.
        sort: the column by which the rows stand, the largest first.
        batch: samples at a time.
        dtype: precision of all real numbers; None: as the network has them.
        depth: fold containers below this depth in the table.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: an option is wrong.
        SpecError: the spec cannot be read or traced.
    """
    from archcalc.render.summary_columns import columns_named

    words = columns.split(",") if isinstance(columns, str) else tuple(columns)
    view = View(
        columns_named(words) if words else (),
        None if sort is None else columns_named([sort])[0],
        depth_given(depth),
    )
    setting = setting_given(batch, dtype)
    return NetworkSummary(traced_given(network, given), setting, view=view)


def attention(network: "Network", **given: "Unpack[GivenOptions]") -> AttentionOfNetwork:
    """Every attention layer and what brings positions in, as ``archcalc attention`` has them."""
    trace = traced_given(network, given)
    found = attending.attention(trace)
    return AttentionOfNetwork(found.layers, found.positional, trace)
