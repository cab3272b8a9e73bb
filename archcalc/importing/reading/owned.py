"""Whose weights a layer has: its name, or the earlier layer that it shares them with."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archcalc.importing.program import Step
from archcalc.importing.reading.applying import applied
from archcalc.importing.reading.layouts import Untranslated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from archcalc.importing.reading.draft import Draft
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedArgument


def first_name(draft: "Draft", name: str) -> str:
    """The first name of a parameter or buffer that may have several."""
    return draft.recording.tensors[name].owner or name


def tensor_full_name(module: str, own: str) -> str:
    """A tensor's name in the network; the network itself has no name."""
    return f"{module}.{own}" if module else own


def named_step(draft: "Draft", layer: str, own: "Iterable[str]", *, again: bool = False) -> Step:
    """The step of a layer under a full name, with the earlier one that has its weights already.

    Args:
        draft: where its steps go.
        layer: full name.
        own: names of its parameters and buffers within it.
        again: the layer was called before under this name, which is taken.

    Raises:
        Untranslated: one of its tensors is that of another layer under another name.
    """
    recording = draft.recording
    tensors = {name: recording.tensors[tensor_full_name(layer, name)] for name in own}
    owners = {name: first_name(draft, tensor_full_name(layer, name)) for name in own}
    held = {name: draft.holders[first] for name, first in owners.items() if first in draft.holders}
    refuse_bare(draft, owners)
    tie = shared_with(held)
    refuse_half(draft, owners, tie)
    module = recording.modules.get(layer)
    *scope, last = (layer or recording.class_name).split(".")
    weights = {name: tensor.trainable for name, tensor in tensors.items() if not tensor.buffer}
    for name, first in owners.items():
        draft.holders.setdefault(first, (layer or recording.class_name, name))
    return Step(
        kind="",
        arguments={},
        reads=(),
        scope=tuple(scope),
        name=None if again else last,
        place=module.place if module else draft.place,
        tie=tie,
        frozen=frozen_of(weights, held),
    )


def frozen_of(weights: Mapping[str, bool], held: "Collection[str]") -> bool | tuple[str, ...]:
    """Whether the weights of a layer are frozen, or the names of those that are.

    Args:
        weights: own name -> whether it is trained.
        held: names of those that an earlier layer has, which says it of them.
    """
    fixed = tuple(name for name, trained in weights.items() if not trained and name not in held)
    return True if fixed and len(fixed) == len(weights) else fixed or False


def refuse_bare(draft: "Draft", owners: Mapping[str, str]) -> None:
    """Refuse tensors of a layer that are Parameters, or those of another layer under another name.

    Args:
        draft: which notes what clashes.
        owners: own name in the layer -> first name in the network.

    Raises:
        Untranslated: one is.
    """
    for own, first in owners.items():
        if first in draft.holders and draft.holders[first][1] != own:
            draft.clashes.add(first)
    bare = [first for first in owners.values() if first in draft.bare]
    if bare:
        raise Untranslated(f"{bare[0]} is used by itself too")


def refuse_half(draft: "Draft", owners: Mapping[str, str], tie: str | None) -> None:
    """Refuse to share one tensor of a layer where one of another name is not shared: a tie is of both.

    Args:
        draft: which notes what clashes.
        owners: own name in the layer -> first name in the network.
        tie: the layer that has some of them already.

    Raises:
        Untranslated: the weight is that layer's and the bias is not, say.
    """
    theirs = {own: first for first, (layer, own) in draft.holders.items() if layer == tie}
    apart = [own for own, first in owners.items() if theirs.get(own, first) != first]
    if tie is not None and apart:
        draft.clashes.update(first for own, first in owners.items() if theirs.get(own) == first)
        raise Untranslated(f"it has an own {apart[0]}, and shares other tensors with {tie}")


def shared_with(held: Mapping[str, tuple[str, str]]) -> str | None:
    """The layer that has the tensors already; None: none of them is.

    Raises:
        Untranslated: several have them, or under other names.
    """
    layers = {layer for layer, _ in held.values()}
    if any(name != own for name, (_, own) in held.items()) or len(layers) > 1:
        raise Untranslated(f"its tensors are those of {' and '.join(sorted(layers))}")
    return next(iter(layers), None)


def owned_layer(
    draft: "Draft",
    kind: str,
    nodes: "tuple[SampleNode, ...]",
    weights: "Mapping[str, RecordedArgument]",
    *,
    whole_batch: bool = True,
    arguments: Mapping[str, object],
) -> "SampleNode":
    """A layer for a function that got the weights of a module, under the name of this module.

    Args:
        draft: where its steps go.
        kind: of the layer.
        nodes: what it reads.
        weights: own name in the kind -> what stood for it; None: there is none.
        whole_batch: it leaves the batch alone wherever that stands.
        arguments: of the kind.

    Raises:
        Untranslated: the weights are not those of one module, by these names.
    """
    names = {own: draft.name_of(argument) for own, argument in weights.items() if argument is not None}
    if not names or not all(names.values()):
        raise Untranslated("its weights are calculated")
    step = function_step(draft, names)
    if whole_batch:
        return draft.add(kind, *nodes, under=step, arguments=arguments)
    return applied(draft, kind, *nodes, under=step, arguments=arguments)


def function_step(draft: "Draft", names: Mapping[str, str]) -> Step:
    """Name and tie of a layer that a function is, by the full names of its tensors.

    Raises:
        Untranslated: they do not fit.
    """
    tensors = draft.recording.tensors
    held = {
        own: draft.holders[first_name(draft, name)]
        for own, name in names.items()
        if first_name(draft, name) in draft.holders
    }
    refuse_bare(draft, {own: first_name(draft, name) for own, name in names.items()})
    free = {own: name for own, name in names.items() if own not in held}
    if not free:
        tie = shared_with(held)
        return Step("", {}, (), draft.scope, None, draft.place, tie=tie)
    homes = {name.rpartition(".")[0] for name in free.values()}
    fits = all(name.rpartition(".")[2] == own for own, name in free.items())
    if len(homes) != 1 or not fits or "" in homes:
        raise Untranslated(f"its weights are called {', '.join(names.values())}")
    home = homes.pop()
    others = [name for name in tensors if name.startswith(f"{home}.") and name not in free.values()]
    if any(not tensors[name].buffer for name in others):
        raise Untranslated(f"{home} has {others[0]} too")
    buffers = [name.removeprefix(f"{home}.") for name in others]
    return named_step(
        draft, home, [*free, *(name for name in buffers if name in STATISTICS and "." not in name)]
    )


STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""Buffers of a normalisation, which its function gets with its weights, or not at all."""
