"""Linear attention with a state that is overwritten (Yang, Kautz & Hatamizadeh 2024, arXiv 2412.06464)."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import FEATURES, PAST, Facts, Shape, Tensor, along
from archcalc.formulas.counts import conv_macs, delta_rule_macs, linear_macs
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, single_float, two_axes
from archcalc.layers.operations import norm_work, on_each
from archcalc.wording import divisors
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from collections.abc import Mapping


class GatedDeltaNet(Layer, frozen=True):
    """Gated delta rule: every head keeps a matrix that fades, S = a S + k b (v - S^T k)^T, and is asked by q.

    Names and sizes as transformers has them (Qwen3NextGatedDeltaNet); several value heads may share a query
    and a key. MACs are those of the recurrence, three products per position and number of S: what S holds of
    k, what is written, what q reads. They are the same for every implementation, and those of a step of a
    decoder; the form in chunks for training has others, which depend on the size of its chunks. Fading,
    norms and gates are element-wise and count 0.
    """

    untold = "the rule is another kernel on every device"

    hidden_size: Positive | None = None
    """Features that arrive and leave; inferred, checked when written."""
    num_k_heads: Positive
    """Heads of queries and keys."""
    num_v_heads: Positive
    """Heads of values, each with a state; they divide among the heads of keys."""
    head_k_dim: Positive
    """Features of a query and a key."""
    head_v_dim: Positive
    """Features of a value."""
    conv_kernel_size: Positive = 4
    """Taps of the causal convolution of queries, keys and values."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, E) -> (T, E)."""
        tensor = single_float(inputs)
        length, width = two_axes(tensor, "positions, features")
        agree("hidden_size", self.hidden_size, width)
        if self.num_v_heads % self.num_k_heads:
            fact = f"{self.num_v_heads} value heads do not divide among {self.num_k_heads} of keys"
            raise Fault(fact, key="num_v_heads", hint=divisors(self.num_v_heads, self.num_k_heads))
        keys, values = self.num_k_heads * self.head_k_dim, self.num_v_heads * self.head_v_dim
        maps: dict[str, Shape] = {
            "in_proj_qkvz": (2 * (keys + values), width),
            "in_proj_ba": (2 * self.num_v_heads, width),
            "out_proj": (width, values),
        }
        mixed, taps = 2 * keys + values, self.conv_kernel_size
        return Facts(
            {"output": tensor},
            self._work(maps, length, (keys, values)),
            (along(PAST, FEATURES),),
            weights={
                **{f"{name}.weight": shape for name, shape in maps.items()},
                "conv1d.weight": (mixed, 1, taps),
                "dt_bias": (self.num_v_heads,),
                "A_log": (self.num_v_heads,),
                "norm.weight": (self.head_v_dim,),
            },
            inferred={"hidden_size": width},
        )

    def _work(self, maps: "Mapping[str, Shape]", length: int, heads: Shape) -> Worked:
        """Maps, convolution with a SiLU, the rule, and the norm with its gate, for features of all heads.

        At every position the state fades number by number; v - S^T k is a difference, times b. Queries and
        keys are divided by their lengths; steps and decays take 4 operations a head.
        """
        keys, values = heads
        mixed, taps = 2 * keys + values, self.conv_kernel_size
        macs = conv_macs(mixed, mixed, (taps,), (mixed, length))
        rule = delta_rule_macs(length, self.num_v_heads, self.head_k_dim, self.head_v_dim)
        fading = self.head_k_dim * values + 2 * values + 2 * 2 * keys + 4 * self.num_v_heads
        return (
            *(
                Work(
                    "product",
                    linear_macs(columns, (length, rows)),
                    (f"{name}.weight",),
                    name,
                    rows * columns,
                    arriving=0 if name == "out_proj" else None,
                )
                for name, (rows, columns) in maps.items()
            ),
            Work("product", macs, ("conv1d.weight",), "conv1d", mixed * taps, arriving=0),
            on_each((length, mixed), name="conv1d"),
            Work("product", rule, (), "delta_rule", 2 * self.num_v_heads, arriving=0),
            on_each((length, fading), 1, ("dt_bias", "A_log"), "delta_rule"),
            *norm_work(length * values, ("norm.weight",), centred=False, name="norm", params=self.head_v_dim),
            on_each((length, values), 2, name="norm"),
        )
