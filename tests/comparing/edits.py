"""Random specs, and random edits of them of which it is known what they are."""

from copy import deepcopy
from random import Random
from typing import NamedTuple, cast

Entry = dict[str, object]
Data = dict[str, object]


class Edit(NamedTuple):
    """A spec and what it was made of another one.

    Args:
        before: a spec.
        after: the edited one.
        what: ``added``, ``removed``, ``changed`` or ``renamed``.
        kind: of the layer.
        names: that it has before and after, where it has one of its own.
        key: the argument that was changed.
    """

    before: Data
    after: Data
    what: str
    kind: str
    names: tuple[str | None, str | None]
    key: str = ""


def drawn_layer(random: Random, name: str | None) -> Entry:
    """A layer that keeps shapes, under a name or none."""
    kernel = random.choice([1, 3, 5])
    dilation = random.choice([1, 2])
    entry: Entry = random.choice(
        [
            {
                "type": "Conv2d",
                "out_channels": 8,
                "kernel_size": kernel,
                "padding": dilation * (kernel // 2),
                "dilation": dilation,
            },
            {"type": "BatchNorm2d", "eps": random.choice([1e-5, 1e-3])},
            {"type": "ReLU"},
            {"type": "Dropout", "p": random.choice([0.1, 0.5])},
        ]
    )
    return entry if name is None else {"name": name, **entry}


def drawn_spec(random: Random) -> Data:
    """A network of a few scopes: plain ones, numbered ones, residual sums, and a block that is repeated."""
    block = [drawn_layer(random, f"b{at}") for at in range(random.randint(1, 4))]
    layers: list[Entry] = []
    for at in range(random.randint(1, 4)):
        named = random.random() < 0.7
        inside = _different(
            [
                drawn_layer(random, f"s{at}_{letter}" if named else None)
                for letter in "abcde"[: random.randint(1, 5)]
            ]
        )
        kind = random.choice(["Sequential", "numbered", "Residual", "repeat"]) if at else "Sequential"
        if kind == "repeat":
            layers.append({"type": "unit", "name": f"stage{at}", "repeat": random.randint(1, 3)})
        elif kind == "Residual":
            layers.append({"type": "Residual", "name": f"scope{at}", "body": inside})
        else:
            layers.append(
                {
                    "type": "Sequential",
                    "name": f"scope{at}",
                    "layers": inside,
                    **({"numbered": True} if kind == "numbered" else {}),
                }
            )
    layers.append(drawn_layer(random, "last"))
    return {"inputs": {"x": [8, 9, 9]}, "blocks": {"unit": {"layers": block}}, "layers": layers}


def _different(entries: list[Entry]) -> list[Entry]:
    """Without those that equal the one before: of two such without names nobody can tell which has gone."""
    return [each for each, before in zip(entries, [{}, *entries], strict=False) if each != before]


def drawn_edit(random: Random) -> Edit:
    """An edit of a random spec."""
    before = drawn_spec(random)
    after = deepcopy(before)
    places = _lists(after)
    prefix, entries = random.choice(places)
    what = random.choice(["added", "removed", "changed", "renamed"])
    if what == "removed" and len(entries) < 2:
        what = "added"
    if what == "added":
        new = drawn_layer(random, random.choice(["new", None]))
        entries.insert(random.randrange(len(entries) + 1), new)
        return Edit(before, after, what, str(new["type"]), (None, _full(prefix, new)))
    at = random.randrange(len(entries))
    entry = entries[at]
    name = _full(prefix, entry)
    if what == "removed":
        entries.pop(at)
        return Edit(before, after, what, str(entry["type"]), (name, None))
    if what == "renamed" and "name" in entry:
        entry["name"] = "other"
        return Edit(before, after, what, str(entry["type"]), (name, _full(prefix, entry)))
    key = _changed(random, entry)
    return Edit(before, after, "changed", str(entry["type"]), (name, name), key)


def _changed(random: Random, entry: Entry) -> str:
    """Write another value of an argument of a layer, or another kind."""
    if entry["type"] == "Conv2d":
        entry["bias"] = False
        return "bias"
    if entry["type"] == "BatchNorm2d":
        entry["eps"] = 1e-4
        return "eps"
    if entry["type"] == "Dropout":
        entry["p"] = 0.25
        return "p"
    entry["type"] = random.choice(["GELU", "SiLU", "Tanh"])
    return "type"


def _lists(spec: Data) -> list[tuple[str, list[Entry]]]:
    """Lists of layers in the scopes of a spec, with the names of these."""
    scopes = [entry for entry in cast("list[Entry]", spec["layers"]) if "layers" in entry or "body" in entry]
    return [(str(each["name"]), cast("list[Entry]", each.get("layers", each.get("body")))) for each in scopes]


def _full(prefix: str, entry: Entry) -> str | None:
    return f"{prefix}.{entry['name']}" if "name" in entry else None
