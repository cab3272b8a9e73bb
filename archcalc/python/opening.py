"""What the functions take as a network: a trace, a spec, its name or file, or its data; with other values."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, cast, get_args

from archcalc.arriving import arriving_of
from archcalc.errors import Fault, nearest
from archcalc.facts import Tensor
from archcalc.footprint.storages import Setting
from archcalc.loading import Model, is_factory, load
from archcalc.tracing import Trace, trace

if TYPE_CHECKING:
    from archcalc.arriving import GivenInputs
    from archcalc.expressions import Value
    from archcalc.facts import Arriving

Network = Trace | Model | Mapping[str, object] | str | Path
"""A network that was traced, or what ``load`` takes or returned."""


FloatDtype = Literal["float64", "float32", "float16", "bfloat16"]
"""dtypes of weights and activations."""


class GivenOptions(TypedDict, total=False):
    """What stands in the place of what a spec says, by its option on the command line.

    set: variable -> value. input: name -> shape without the batch, as sizes or as the command line has it
    (``"35:int64"``); of a torch module also shapes in order. freeze: patterns of names of layers. args: of
    the factory of a torch module.
    """

    set: "Mapping[str, Value]"
    input: "GivenInputs"
    freeze: "str | Iterable[str]"
    args: "Mapping[str, object]"


def traced_given(network: Network, given: GivenOptions) -> Trace:
    """The network, traced with what is given.

    Raises:
        Fault: an option is unknown, or does not go with a network that was traced before.
        SpecError: the spec cannot be read or traced.
    """
    values = values_given(given)
    shapes = {} if is_module(network) else shapes_given(given)
    if isinstance(network, Trace):
        if values or shapes:
            raise Fault("a network that was traced has its values", hint="give the spec, or its name")
        found = network
    else:
        found = trace(as_model(network, given), values, shapes)
    freeze = given.get("freeze", ())
    if not freeze:
        return found
    from archcalc.tracing.freezing import frozen

    return frozen(found, [freeze] if isinstance(freeze, str) else freeze)


def values_given(given: GivenOptions) -> "Mapping[str, Value]":
    """The values of variables.

    Raises:
        Fault: an option is unknown, or the values are not told by name.
    """
    for word in given:
        if word not in GivenOptions.__annotations__:
            raise Fault(f"there is no option {word!r}", hint=nearest(word, GivenOptions.__annotations__))
    values = given.get("set", {})
    if not isinstance(cast("object", values), Mapping):
        raise Fault(f"set needs values by the names of variables, got {values!r}", hint="as {'width': 64}")
    return values


def shapes_given(given: GivenOptions) -> "dict[str, Arriving]":
    """What arrives at inputs.

    Raises:
        Fault: it is not told by name, or something is no shape.
    """
    inputs: object = given.get("input", {})
    if not isinstance(inputs, Mapping):
        raise Fault(
            f"input needs shapes by the names of inputs, got {inputs!r}", hint="as {'x': (3, 64, 64)}"
        )
    named = cast("Mapping[str, object]", inputs)
    return {name: _arriving(name, shape) for name, shape in named.items()}


def _arriving(name: str, shape: object) -> "Arriving":
    if isinstance(shape, Tensor):
        return shape
    if isinstance(shape, str):
        return arriving_of(shape)
    if isinstance(shape, int):
        return (shape,)
    if not isinstance(shape, Iterable):
        raise Fault(f"input {name!r} needs sizes such as (3, 64, 64), got {shape!r}")
    return tuple(cast("Iterable[int]", shape))


def depth_given(depth: int | None) -> int | None:
    """The depth below which tables fold.

    Raises:
        Fault: there is none so small.
    """
    if depth is not None and depth < 1:
        raise Fault(f"depth needs at least 1, got {depth}")
    return depth


def batch_given(batch: int) -> int:
    """Samples at a time.

    Raises:
        Fault: there are none.
    """
    if not isinstance(cast("object", batch), int) or batch < 1:
        raise Fault(f"batch needs a whole number of at least 1, got {batch!r}")
    return batch


def one_of(option: str, word: str, known: "Iterable[str]") -> str:
    """A word of an option.

    Raises:
        Fault: it is none that the option knows.
    """
    if word not in known:
        raise Fault(f"no {option} {word!r}", hint=nearest(word, known))
    return word


def setting_given(batch: int, dtype: "FloatDtype | None", *, training: bool = False) -> Setting:
    """The batch and the precision of a run.

    Raises:
        Fault: one of them is none.
    """
    known = None if dtype is None else one_of("dtype", dtype, get_args(FloatDtype))
    return Setting(batch_given(batch), known, training)


def is_module(network: object) -> bool:
    """Whether a torch module is meant: ``package.module:factory``."""
    return isinstance(network, str) and is_factory(network)


def as_model(network: Network, given: GivenOptions | None = None) -> Model:
    """The spec.

    Args:
        network: what it is read from.
        given: what a torch module is run on, and the arguments of its factory.

    Raises:
        Fault: it is a network that was traced.
        SpecError: it cannot be read.
    """
    given = given or {}
    if is_module(network):
        return load(cast("str", network), arguments=given.get("args"), inputs=given.get("input", ()))
    if given.get("args"):
        raise Fault("args are those of package.module:factory", hint=f"got {network!r}")
    if isinstance(network, Trace):
        raise Fault(f"needs the spec of {network.model!r}, got its trace", hint="give what was loaded")
    if isinstance(network, Model):
        return network
    if not isinstance(cast("object", network), Mapping | str | Path):
        raise Fault(f"needs a spec, its name or file, or its data, got {network!r}")
    return load(network)
