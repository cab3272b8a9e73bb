"""Random networks of convolutions on one map: wired by name, in containers, blocks and repeats."""

from random import Random
from typing import cast

CHANNELS = (2, 4, 6)
ACTIVATIONS = ("ReLU", "Tanh", "GELU", "SiLU", "Hardswish", {"type": "LeakyReLU", "negative_slope": 0.2})
NAMES = ("type", "3x3", "if", "stem", "out-1", "x", "out", "self", "float", "torch")
"""Names that Python, torch or a forward may use itself, among others."""


class Generator:
    """Draws one spec.

    Args:
        seed: gives the same spec again.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  no secret
        self.names = 0

    def spec(self) -> dict[str, object]:
        """A spec as plain data."""
        size = self.random.choice((6, 8))
        spec: dict[str, object] = {
            "name": "random_net",
            "inputs": {"image": [self.random.choice(CHANNELS), size, size]},
            "blocks": {"unit": self._unit(), "fork": self._fork()},
        }
        known: list[str] = []
        layers = [self._layer(known) for _ in range(self.random.randint(3, 9))]
        if self.random.random() < 0.4 and len(known) > 1:
            spec["outputs"] = self.random.sample(known, 2)
        if self.random.random() < 0.3:
            layers += [
                {"type": "AdaptiveAvgPool2d", "output_size": 1},
                "Flatten",
                {"type": "Linear", "out_features": 3},
            ]
        return {**spec, "layers": layers}

    def _unit(self) -> dict[str, object]:
        """A block with an argument, a layer under a condition, and maybe a shortcut."""
        conv = {"type": "Conv2d", "name": "conv", "out_channels": "=width", "kernel_size": "=kernel"}
        body: list[object] = [
            {**conv, "padding": "=kernel // 2", "bias": self.random.random() < 0.5},
            {"type": "BatchNorm2d", "name": "norm", "when": "=width > 2"},
            self._activation(),
        ]
        short: list[object] = [
            {
                "type": "Conv2d",
                "name": "fit",
                "when": "=width != block.in_channels",
                "out_channels": "=width",
                "kernel_size": 1,
            }
        ]
        residual = {"type": "Residual", "body": body, "shortcut": short}
        return {
            "args": {"width": "required", "kernel": 3},
            "layers": [residual] if self.random.random() < 0.6 else [*body, self._activation()],
        }

    def _fork(self) -> dict[str, object]:
        """A block of branches that two inputs enter."""
        ways = [
            [{"type": "Conv2d", "name": "left", "out_channels": "=in_channels", "kernel_size": 1}],
            ["Tanh"],
        ]
        branches = dict(zip(("a", "b"), ways, strict=True)) if self.random.random() < 0.5 else ways
        return {
            "inputs": ["one", "two"],
            "layers": [
                {"type": "Concat", "from": ["one", "two"]},
                {
                    "type": "Branches",
                    "branches": branches,
                    "merge": self.random.choice(("Add", "Concat", "Multiply")),
                },
                {"type": "Conv2d", "name": "mix", "out_channels": 4, "kernel_size": 1},
            ],
        }

    def _activation(self) -> object:
        return self.random.choice(ACTIVATIONS)

    def _name(self, known: list[str]) -> str:
        free = [name for name in NAMES if name not in known]
        self.names += 1
        return self.random.choice(free) if free and self.random.random() < 0.3 else f"part{self.names}"

    def _layer(self, known: list[str]) -> object:
        """A layer that keeps the map, which is known by its name from now on."""
        kind = self.random.choice(
            ("conv", "conv", "unit", "unit", "fork", "numbered", "act", "merge", "stack", "tied")
        )
        if kind == "act":
            return self._activation()
        if kind in ("fork", "merge") and len(known) < 2:
            kind = "unit"
        name = self._name(known)
        made = getattr(self, f"_make_{kind}")(name, known)
        known.append(name)
        return cast("object", made)

    def _width(self) -> int:
        return self.random.choice(CHANNELS)

    def _make_conv(self, name: str, known: list[str]) -> object:
        entry: dict[str, object] = {
            "type": "Conv2d",
            "name": name,
            "out_channels": self._width(),
            "kernel_size": 3,
        }
        entry |= {"padding": 1, "frozen": self.random.choice([False] * 7 + [True, ["weight"], ["bias"]])}
        if known and self.random.random() < 0.3:
            entry["from"] = self.random.choice(known)
        return entry

    def _make_unit(self, name: str, _: list[str]) -> object:
        entry: dict[str, object] = {"type": "unit", "name": name, "width": self._width()}
        if self.random.random() < 0.5:
            entry["repeat"] = self.random.randint(1, 5)
            if self.random.random() < 0.4:
                entry["width"] = "=2 + 2 * i"
        if self.random.random() < 0.3:
            entry["kernel"] = 1
        return entry

    def _make_fork(self, name: str, known: list[str]) -> object:
        return {"type": "fork", "name": name, "from": self.random.sample(known, 2)}

    def _make_merge(self, name: str, known: list[str]) -> object:
        return {"type": "Concat", "name": name, "from": self.random.sample(known, 2)}

    def _make_numbered(self, name: str, _: list[str]) -> object:
        inner = [
            {"type": "Conv2d", "out_channels": self._width(), "kernel_size": 1},
            self._activation(),
            "Identity",
        ]
        if self.random.random() < 0.3:
            inner.append({"type": "Permute", "dims": [0, 2, 1]})
        return {"type": "Sequential", "name": name, "numbered": self.random.random() < 0.7, "layers": inner}

    def _make_stack(self, name: str, _: list[str]) -> object:
        """A repeat of which layers behind it read every turn."""
        layers = [
            {
                "type": "Conv2d",
                "name": name,
                "out_channels": 4,
                "kernel_size": 3,
                "padding": 1,
                "repeat": self.random.randint(2, 4),
            },
            {"type": "Concat", "from": [f"{name}.*"]},
        ]
        return {"type": "Sequential", "name": name, "layers": layers}

    def _make_tied(self, name: str, _: list[str]) -> object:
        convs = [
            {"type": "Conv2d", "name": "first", "out_channels": 4, "kernel_size": 1},
            {"type": "Conv2d", "name": "second", "out_channels": 4, "kernel_size": 1},
            {
                "type": "Conv2d",
                "name": "again",
                "out_channels": 4,
                "kernel_size": 1,
                "tie": "second",
                "bias": self.random.random() < 0.5,
            },
        ]
        return {"type": "Sequential", "name": name, "layers": convs}
