"""A decoder step by step as ``archcalc decode`` has it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Unpack

from archcalc.analyses import decoding
from archcalc.errors import Fault, nearest
from archcalc.python.opening import as_model, is_module, shapes_given, traced_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.arriving import GivenSizes
    from archcalc.python.opening import GivenOptions, Network
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace

CacheDtype = Literal["float64", "float32", "float16", "bfloat16", "float8", "int8", "int4"]


@dataclass(frozen=True, repr=False)
class DecodingOfNetwork(Shown, decoding.DecodingReport):
    """A decoder's run, with the cache's numbers in a dtype."""

    model: str
    dtype: CacheDtype

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc decode`` prints."""
        from archcalc.render.decoding import kept_table, steps_table

        kept = [kept_table(self, self.dtype)] if self.kept else []
        return [steps_table(self, self.model, self.dtype), *kept]


def decode(
    network: "Network",
    prompt: int,
    new: int,
    *,
    batch: int = 1,
    dtype: CacheDtype = "float16",
    tokens: str | None = None,
    page: int = 1,
    **given: "Unpack[GivenOptions]",
) -> DecodingOfNetwork:
    """Follow a decoder from its prompt on.

    Args:
        network: a spec, its name or file, or its data.
        prompt: tokens of the first step.
        new: tokens to produce.
        batch: sequences at a time.
        dtype: of the cache's numbers.
        tokens: the input that grows, where several may.
        page: positions that the cache keeps or gives up together.
        given: ``set`` and ``input``, as on the command line.

    Raises:
        Fault: the network is no decoder, or an option is wrong.
        SpecError: the spec cannot be read or traced.
    """
    from archcalc.footprint.cache import BITS
    from archcalc.tracing import trace

    if min(prompt, new, batch, page) < 1:
        fact = "prompt, new, batch and page are at least 1"
        raise Fault(f"{fact}, got {min(prompt, new, batch, page)}")
    if dtype not in BITS:
        raise Fault(f"unknown dtype {dtype!r}", hint=nearest(dtype, BITS))
    model, first = as_model(network, given), traced_given(network, given)
    grows = decoding.token_input(first, tokens)
    settings = given.get("set", {})
    shapes = {} if is_module(network) else shapes_given(given)

    def trace_at(length: int) -> "Trace":
        longer = replace(first.inputs[grows], shape=(length, *first.inputs[grows].shape[1:]))
        if is_module(network):
            sizes: dict[str, GivenSizes] = {**first.inputs, grows: longer}
            return trace(as_model(network, {**given, "input": sizes}))
        return trace(model, settings, {**shapes, grows: longer})

    found = decoding.decode(trace_at, grows, prompt, new, batch, page)
    told = (found.tokens, found.batch, found.kept, found.states, found.once, found.steps, found.latents)
    return DecodingOfNetwork(*told, model.name, dtype)
