"""Two networks and many beside one another: diff, compare."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack, cast

from archcalc.comparing.differences import NetworkDifference, network_difference
from archcalc.comparing.limits import come_true, parsed_condition
from archcalc.comparing.rows import PARETO, NetworkRow, network_rows
from archcalc.comparing.sides import Side, side_of
from archcalc.errors import Fault, nearest
from archcalc.loading import Model
from archcalc.python.opening import GivenOptions, is_module, traced_given, values_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass
from archcalc.tracing import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing.differences import Total
    from archcalc.comparing.limits import Condition
    from archcalc.python.opening import Network
    from archcalc.render.cells import Table

SIDES = ("a", "b")


class OptionsOfTwo(GivenOptions, total=False):
    """What is given for both networks, and for one of them alone, by its option on the command line."""

    set_a: "Mapping[str, object]"
    set_b: "Mapping[str, object]"
    input_a: object
    input_b: object
    args_a: "Mapping[str, object]"
    args_b: "Mapping[str, object]"


@dataclass(frozen=True, repr=False)
class Difference(Shown, NetworkDifference):
    """What differs between two networks.

    Args:
        names: of both.
        every: the table has a row for each layer.
        failed: conditions of ``fail_on`` that have come true, with both numbers.
    """

    names: tuple[str, str]
    every: bool
    failed: "tuple[tuple[Condition, Total], ...]"

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc diff`` prints."""
        from archcalc.render.differences import changes_table, totals_table

        changes = changes_table(self, every=self.every)
        return [totals_table(self, self.names), *([changes] if changes.rows else [])]

    def markdown(self) -> str:
        """The text of a comment on a pull request."""
        from archcalc.render.difference_markdown import difference_markdown
        from archcalc.render.differences import failed_words

        return difference_markdown(
            self, self.names, [failed_words(*each) for each in self.failed], every=self.every
        )


@dataclass(frozen=True, repr=False)
class NetworksBeside(Shown):
    """Networks beside one another."""

    networks: tuple[NetworkRow, ...]
    pareto: tuple[str, ...]
    bars: str

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc compare`` prints."""
        from archcalc.render.networks import comparison_table

        return [comparison_table(self.networks, self.pareto, self.bars)]


def diff(
    a: "Network",
    b: "Network | None" = None,
    *,
    all: bool = False,  # noqa: A002  as the option is called
    fail_on: "str | Sequence[str]" = (),
    **given: "Unpack[OptionsOfTwo]",
) -> Difference:
    """What has to be changed in a network so that it becomes another one, as ``archcalc diff`` has it.

    Args:
        a: what there was: a trace, a spec, its name or file (``net.yaml@main``), its data, or
            ``package.module:factory``.
        b: what there is now; None: ``a`` with other values.
        all: the table has a row for each layer, nothing folded.
        fail_on: conditions such as ``params > +5%``; ``failed`` has those that have come true.
        given: ``set``, ``input``, ``freeze`` and ``args`` of both, ``set_a``, ``set_b`` ... of one.

    Raises:
        Fault: an option or a condition is wrong, or nothing differs in what is asked for.
        SpecError: a network cannot be read or traced.
    """
    options = cast("Mapping[str, object]", given)
    if b is None and not any(key.endswith(("_a", "_b")) for key in options):
        raise Fault(
            "the second network is the first one", hint="give b, or other values: set_b={'width': 64}"
        )
    conditions = [parsed_condition(text) for text in ([fail_on] if isinstance(fail_on, str) else fail_on)]
    networks = (a, a if b is None else b)
    sides = tuple(_options(options, side, module=is_module(networks[at])) for at, side in enumerate(SIDES))
    first, second = _both(networks, sides)
    found = network_difference(first, second)
    return Difference(
        *(
            found.first,
            found.second,
            found.layers,
            found.network,
            found.totals,
            found.automatic,
            found.places,
        ),
        names=_names(networks, sides),
        every=all,
        failed=tuple(come_true(conditions, found)),
    )


def _options(given: "Mapping[str, object]", side: str, *, module: bool) -> GivenOptions:
    """The options of one network: those of both, and over them its own."""
    found: dict[str, object] = {}
    for key, value in given.items():
        if key not in OptionsOfTwo.__annotations__ and key not in GivenOptions.__annotations__:
            known = (*GivenOptions.__annotations__, *OptionsOfTwo.__annotations__)
            raise Fault(f"there is no option {key!r}", hint=nearest(key, known))
        base = key.removesuffix(f"_{side}")
        if key.endswith(("_a", "_b")) and base == key:
            continue
        if (base == "set" and module and base == key) or (base == "args" and not module and base == key):
            continue
        merges = isinstance(value, Mapping) and isinstance(found.get(base), Mapping)
        found[base] = {**cast("Mapping[str, object]", found[base]), **value} if merges else value  # type: ignore[dict-item]
    return cast("GivenOptions", found)


def _both(networks: "tuple[Network, Network]", given: "tuple[GivenOptions, ...]") -> tuple[Side, Side]:
    """Both traced; a torch module without inputs is run on those of the other network."""
    order = (1, 0) if is_module(networks[0]) and "input" not in given[0] else (0, 1)
    found: dict[int, Side] = {}
    for side in order:
        options = given[side]
        if is_module(networks[side]) and "input" not in options and found:
            beside = found[1 - side].trace.inputs.values()
            options = cast("GivenOptions", {**options, "input": list(beside)})
        found[side] = side_of(traced_given(networks[side], options), values_given(options))
    return found[0], found[1]


def _name(network: "Network") -> str:
    if isinstance(network, Trace):
        return network.model
    if isinstance(network, Mapping):
        return str(network.get("name", "<data>"))
    return network.name if isinstance(network, Model) else str(network)


def _names(networks: "tuple[Network, Network]", given: "tuple[GivenOptions, ...]") -> tuple[str, str]:
    """What both are called, with the values that were given where these are one."""
    names = [_name(network) for network in networks]
    if names[0] == names[1]:
        names = [" ".join([name, *_words(options)]) for name, options in zip(names, given, strict=True)]
    return names[0], names[1]


def _words(options: GivenOptions) -> "Iterator[str]":
    for key in ("set", "input", "args"):
        values: object = options.get(key, {})
        if isinstance(values, Mapping):
            yield from (f"{name}={value}" for name, value in cast("Mapping[str, object]", values).items())


def compare(
    *networks: "Network",
    sort: str | None = None,
    pareto: "Sequence[str]" = PARETO,
    **given: "Unpack[GivenOptions]",
) -> NetworksBeside:
    """Networks beside one another, as ``archcalc compare`` has them.

    Args:
        networks: traces, specs, names, files, data, or ``package.module:factory``.
        sort: a quantity, the smallest first, or with ``-`` before it the largest.
        pareto: quantities by which networks beat one another.
        given: ``set``, ``input`` and ``freeze``, of all of them.

    Raises:
        Fault: an option is wrong.
        SpecError: a network cannot be read or traced.
    """
    found = [(_name(each), side_of(traced_given(each, given), values_given(given))) for each in networks]
    return NetworksBeside(
        network_rows(found, sort, pareto), tuple(pareto), (sort or "params").removeprefix("-")
    )
