"""The document of ``summary``."""

from typing import TYPE_CHECKING

from archcalc.render.document import around_layers, layer_entries
from archcalc.render.summary import sorted_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.analyses.summary import Summary
    from archcalc.render.fields import Json
    from archcalc.render.view import View


def around_summary(found: "Summary") -> "Json":
    """What the document has beside its entries, for which it leaves room."""
    return {**around_layers(found.network, found), "sizes": _sizes(found)}


def summary_entries(found: "Summary", view: "View") -> "Iterable[Json]":
    """The entries of the document in order, made one by one where they are not sorted."""
    entries = _entries(found, view)
    if view.sort is None:
        return entries
    order = {row.name: at for at, row in enumerate(sorted_table(found, view, ()).rows)}
    return sorted(entries, key=lambda entry: order[str(entry["name"])])


def _entries(found: "Summary", view: "View") -> "Iterator[Json]":
    bytes_of, inside = found.footprint, found.network.inside
    for entry in layer_entries(found.network, found, depth=view.depth):
        name = str(entry["name"])
        if "folded" in entry:
            layers = inside(name)
            own = bytes_of.weights.together(layers), bytes_of.activations.together(layers)
        else:
            own = bytes_of.weights[name], bytes_of.activations[name]
        yield {**entry, "param_bytes": own[0], "activation_bytes": own[1]}


def _sizes(found: "Summary") -> "Json":
    """The lines below the table, exact."""
    setting, bytes_of = found.setting, found.footprint
    return {
        "batch": setting.batch,
        "dtype": setting.dtype,
        "total_params": found.params.params,
        "trainable_params": found.params.trainable,
        "non_trainable_params": found.params.non_trainable,
        "total_mult_adds": found.of_batch.macs,
        "input_bytes": bytes_of.inputs,
        "forward_backward_bytes": bytes_of.kept,
        "params_bytes": bytes_of.held,
        "estimated_total_bytes": bytes_of.total,
        "buffer_bytes": bytes_of.buffers,
        "inference_peak_bytes": bytes_of.peak,
        "layers_without_activations": list(bytes_of.unknown),
        "torchinfo": found.by_torchinfo._asdict(),
    }
