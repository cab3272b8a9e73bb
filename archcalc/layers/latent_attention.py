"""Attention whose keys and values are made from one narrow tensor (DeepSeek-AI 2024, arXiv 2405.04434)."""

from archcalc.attended import Attention
from archcalc.dividing import Cut, Cuts
from archcalc.errors import Fault
from archcalc.facts import FEATURES, PAST, WHOLE, AxisRead, Facts, Shape, Tensor
from archcalc.formulas.attention import hidden_pairs, projection_macs
from archcalc.layers.arguments import Positive, Probability
from archcalc.layers.attention_parts import Square, score_work
from archcalc.layers.base import Layer, agree, single_float, two_axes
from archcalc.layers.operations import norm_work, on_each
from archcalc.layers.positional import TURNING, Base
from archcalc.work import Work, Worked


class MultiheadLatentAttention(Layer, frozen=True):
    """Multi-head latent attention (MLA), of which a cache keeps one latent and one turned key a position.

    DeepSeek-V2 and V3; names and sizes as transformers has them (DeepseekV3Attention). Keys are the latent's
    map beside ``qk_rope_head_dim`` features that turn with the position and are the same for all heads. The
    part ``key`` has the map to the latent and its norm, and of the map behind it the rows of keys; ``value``
    has the other rows. MACs are those of a whole sequence, whose keys and values are made once.
    """

    untold = "libraries put its keys together in other ways"

    hidden_size: Positive | None = None
    """Features that arrive and leave; inferred, checked when written."""
    num_heads: Positive
    """Heads, each with keys and values of its own."""
    q_lora_rank: Positive | None = None
    """Features of a latent from which the queries are made; null: they are made at once."""
    kv_lora_rank: Positive
    """Features of the latent from which keys and values are made."""
    qk_nope_head_dim: Positive
    """Features of a head's query and key that do not turn with the position."""
    qk_rope_head_dim: Positive
    """Features of a head's query, and of a key for all heads, that turn with the position; an even number."""
    v_head_dim: Positive
    """Features of a head's value."""
    attention_bias: bool = False
    """Let the maps to the latents and the last one add a number per feature."""
    attention_dropout: Probability = 0.0
    """Probability in training that a weight becomes 0."""
    rope_theta: Base = 10000.0
    """Longest wavelength over 2 pi."""
    causal: bool = True
    """A position asks only itself and those before it."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, E) -> (T, E)."""
        tensor = single_float(inputs)
        length, features = two_axes(tensor, "positions, features")
        agree("hidden_size", self.hidden_size, features)
        if self.qk_rope_head_dim % 2:
            fact = f"{self.qk_rope_head_dim} features do not pair to be turned"
            raise Fault(fact, key="qk_rope_head_dim", hint="an even number")
        weights, maps = self._maps(features, length)
        head_dim, value_dim = self.qk_nope_head_dim + self.qk_rope_head_dim, self.v_head_dim
        hidden = hidden_pairs(length, None, causal=self.causal)
        scores = score_work(Square(1, self.num_heads, length, length, hidden), head_dim, value_dim)
        reach = PAST if self.causal else WHOLE
        return Facts(
            outputs={"output": tensor},
            work=(*maps, *scores),
            reads=((AxisRead(0, reach), AxisRead(1, FEATURES)),),
            weights=weights,
            attention=Attention(
                *(self.num_heads, self.num_heads, head_dim, value_dim, length, length, self.causal),
                latent=self.kv_lora_rank,
                shared=self.qk_rope_head_dim,
            ),
            positional="rotary",
            inferred={"hidden_size": features},
        )

    def divided(self, facts: Facts) -> dict[str, Cuts]:
        """By heads; the maps to the latents and their norms stand on every device."""
        rows, columns = (Cut(axis, self.num_heads, "heads") for axis in (0, 1))
        own = {"q_proj": rows, "q_b_proj": rows, "kv_b_proj": rows, "o_proj": columns}
        cuts = {f"{name}.weight": (cut,) for name, cut in own.items()}
        return {name: cuts[name] for name in facts.weights if name in cuts}

    def _maps(self, features: int, length: int) -> tuple[dict[str, Shape], Worked]:
        """The tensors of all maps and norms, and the work beside the scores."""
        queries = self.num_heads * (self.qk_nope_head_dim + self.qk_rope_head_dim)
        keys, values = self.num_heads * self.qk_nope_head_dim, self.num_heads * self.v_head_dim
        rank, latent = self.q_lora_rank, self.kv_lora_rank
        norms = {"kv_a_layernorm": latent} | ({} if rank is None else {"q_a_layernorm": rank})
        maps: dict[str, Shape] = {"q_proj": (queries, features)}
        if rank is not None:
            maps = {"q_a_proj": (rank, features), "q_b_proj": (queries, rank)}
        of_queries = tuple(maps)
        maps["kv_a_proj_with_mqa"] = (latent + self.qk_rope_head_dim, features)
        maps["kv_b_proj"] = (keys + values, latent)
        maps["o_proj"] = (features, values)
        weights: dict[str, Shape] = {f"{name}.weight": shape for name, shape in maps.items()}
        weights |= {f"{name}.weight": (size,) for name, size in norms.items()}
        biased = ("q_a_proj", "kv_a_proj_with_mqa", "o_proj") if self.attention_bias else ()
        weights |= {f"{name}.bias": maps[name][:1] for name in biased if name in maps}

        def made(name: str, part: str, arriving: int | None = 0, norm: str = "") -> Worked:
            rows, columns = maps[name]
            size = norms[norm] if norm else 0
            params = rows * columns + (rows if name in biased else 0) + size
            macs = projection_macs(length, columns, rows)
            product = Work("product", macs, (f"{name}.weight",), part, params, arriving=arriving)
            bias = (on_each((length, rows), 1, (f"{name}.bias",), part),) if name in biased else ()
            scaled = norm_work(length * size, (f"{norm}.weight",), centred=False, name=part) if norm else ()
            return product, *bias, *scaled

        behind = "q_a_layernorm" if rank is not None else ""
        asking = [
            each
            for index, name in enumerate(of_queries)
            for each in made(name, "query", 0 if index else None, "" if index else behind)
        ]
        turned = (self.num_heads + 1) * self.qk_rope_head_dim
        return weights, (
            *asking,
            *made("kv_a_proj_with_mqa", "key", None, "kv_a_layernorm"),
            self._behind_latent("key", keys, length),
            self._behind_latent("value", values, length),
            *made("o_proj", "out"),
            on_each((length, turned), TURNING),
        )

    def _behind_latent(self, part: str, rows: int, length: int) -> Work:
        """The rows of the map from the latent that make keys, or values."""
        latent = self.kv_lora_rank
        macs = projection_macs(length, latent, rows)
        return Work("product", macs, ("kv_b_proj.weight",), part, rows * latent, arriving=0)
