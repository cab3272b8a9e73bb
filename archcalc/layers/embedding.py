"""Tables of embeddings (torch.nn.Embedding, EmbeddingBag)."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Reads, Tensor, Window, along
from archcalc.formulas.elementwise import each_number
from archcalc.keeping import KEEPS_INPUT, Saved, per_batch, per_sample, same_shape
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, single
from archcalc.layers.merging import promote
from archcalc.layers.operations import on_each
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

INDICES = ("int64", "int32")


class LookupTable(Layer, frozen=True):
    """A table of vectors, one row a token."""

    num_embeddings: Positive
    """Rows of the table: tokens of the vocabulary."""
    embedding_dim: Positive
    """Numbers of a row."""
    padding_idx: int | None = None
    """The token whose row is not trained (it still counts as a parameter); negative: from the end."""
    max_norm: Annotated[float, Field(gt=0)] | None = None
    """Rows longer than this are shortened to it when they are looked up."""
    norm_type: float = 2.0
    """The p of the norm that ``max_norm`` takes."""
    scale_grad_by_freq: bool = False
    """Divide gradients by how often a token stands in the batch; no number here depends on it."""
    sparse: bool = False
    """Whether gradients are sparse tensors; no number here depends on it."""

    def drawn(self, facts: Facts) -> "Drawn":
        """Normal numbers of mean 0 and variance 1."""
        del facts
        return {"weight": 1.0}

    def looked_up(
        self,
        outputs: dict[str, tuple[int, ...]],
        reads: tuple[Reads, ...],
        work: Worked,
        dtype: str = "float32",
    ) -> Facts:
        """Facts of a layer that reads rows: no product counts."""
        rows = self.num_embeddings
        if self.padding_idx is not None and not -rows <= self.padding_idx < rows:
            fact = f"padding_idx {self.padding_idx} is outside the {rows} embeddings"
            raise Fault(fact, key="padding_idx", hint=f"0 to {rows - 1}, or -{rows} to -1 from the last")
        return Facts(
            outputs={name: Tensor(shape, dtype) for name, shape in outputs.items()},
            work=work,
            reads=reads,
            weights={"weight": (rows, self.embedding_dim)},
            lookups=("weight",),
        )


class Embedding(LookupTable, frozen=True):
    """Look up a row of the table for every token."""

    takes_numbers = True
    saves = KEEPS_INPUT

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Tokens (*) -> (*, embedding_dim)."""
        tokens = single(inputs)
        _check_tokens(tokens)
        shape = (*tokens.shape, self.embedding_dim)
        work = (Work("gather", each_number(shape), ("weight",)),)
        return self.looked_up({"output": shape}, (along(*(IDENTITY for _ in tokens.shape)),), work)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """A row for every token, all tokens as likely."""
        del facts
        from archcalc.layers.carrying.looking_up import carried_rows

        return carried_rows(read, drawn, self.num_embeddings)


class EmbeddingBag(LookupTable, frozen=True):
    """Look up the rows of a bag of tokens and take their sum, mean or largest numbers."""

    mode: Literal["sum", "mean", "max"] = "mean"
    """What is taken of the rows of a bag."""
    include_last_offset: bool = False
    """Whether the offsets end with that of the end of the last bag, and so are one more than the bags."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Tokens (N), a bag -> (embedding_dim); with offsets (B), starts of B bags -> (B, embedding_dim)."""
        tokens, offsets, weights = self._arriving(inputs)
        # torch widens tokens and offsets to one dtype first, but cuts the norms of the bare tokens.
        if offsets is None or self.max_norm is not None:
            _check_tokens(tokens)
        else:
            _check_tokens(replace(tokens, dtype=promote((tokens, offsets))))
        if self.mode == "max" and (self.scale_grad_by_freq or self.sparse):
            key = "scale_grad_by_freq" if self.scale_grad_by_freq else "sparse"
            raise Fault(f"{key} does not go with mode max", key=key)
        if len(tokens.shape) != 1:
            fact = f"needs tokens on 1 axis, got {len(tokens.shape)}: {list(tokens.shape)}"
            raise Fault(fact, hint="one sample is one bag; `offsets` as a second input cut it into several")
        self._check_weights(tokens, weights)
        dtype = weights.dtype if weights is not None else "float32"
        if offsets is None:
            whole = (AxisRead(None, WHOLE),)
            reads = (whole,) * len(inputs)
            return self.looked_up(
                {"output": (self.embedding_dim,)}, reads, self._joined(tokens, 1, weights), dtype
            )
        bags = self._bags(offsets)
        # Which tokens stand in a bag the offsets say; a bag reads its own offset and the next one.
        some = (AxisRead(0, WHOLE, sampled=True),)
        reads = (some, (AxisRead(0, Window(kernel=2)),), *((some,) if weights is not None else ()))
        work = self._joined(tokens, bags, weights)
        return self.looked_up({"output": (bags, self.embedding_dim)}, reads, work, dtype)

    def _joined(self, tokens: Tensor, bags: int, weights: Tensor | None) -> Worked:
        """Rows that are fetched, perhaps weighed, and joined; a mean divides once more."""
        rows = (*tokens.shape, self.embedding_dim)
        weighed = () if weights is None else (on_each(rows),)
        divided = (on_each((bags, self.embedding_dim)),) if self.mode == "mean" else ()
        fetched = Work("gather", each_number(rows), ("weight",))
        return fetched, *weighed, Work("reduction", each_number(rows)), *divided

    def _arriving(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Tokens, offsets and weights of the tokens; a second input of real numbers is the weights."""
        count = len(inputs)
        if not 1 <= count <= 3:  # noqa: PLR2004  said in the fact
            fact = f"takes tokens, offsets and weights of the tokens, 1 to 3 inputs, got {count}"
            raise Fault(fact, key="from")
        tokens, more = inputs[0], inputs[1:]
        if len(more) == 1 and more[0].is_float:
            return tokens, None, more[0]
        offsets, weights = (*more, None, None)[:2]
        return tokens, offsets, weights

    def _bags(self, offsets: Tensor) -> int:
        if len(offsets.shape) != 1:
            raise Fault(
                f"needs offsets on 1 axis, got {len(offsets.shape)}: {list(offsets.shape)}", key="from"
            )
        if offsets.is_float:
            fact = f"needs offsets that are whole numbers (int64 or int32), got {offsets.dtype}"
            raise Fault(fact, key="from")
        bags = offsets.shape[0] - self.include_last_offset
        if not bags:
            raise Fault("1 offset with include_last_offset makes 0 bags", key="include_last_offset")
        return bags

    def _check_weights(self, tokens: Tensor, weights: Tensor | None) -> None:
        if weights is None:
            return
        if self.mode != "sum":
            raise Fault(f"weights of the tokens go with mode sum, not {self.mode}", key="mode")
        if weights.dtype != "float32":
            fact = f"needs weights of the tokens in float32, as the table is, got {weights.dtype}"
            raise Fault(fact, key="from")
        if weights.shape != tokens.shape:
            fact = f"weights of the tokens are {list(weights.shape)}, but the tokens {list(tokens.shape)}"
            raise Fault(fact, key="from")

    untold = "with offsets every sample is a call of its own"

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The tokens, which bag each is in, and weights of the tokens.

        With offsets every sample is a call of its own, and nothing is said.
        """
        tokens, *given = inputs
        if any(not each.is_float for each in given):
            return None
        (made,) = facts.outputs.values()
        of_bag = [per_sample(1, tokens.dtype)] * (2 if self.mode == "max" else 3)
        if self.mode != "sum" or self.padding_idx is not None:
            of_bag += [same_shape(tokens), per_batch(1, tokens.dtype)]
        if self.mode == "max":
            of_bag.append(same_shape(made, tokens.dtype))
        return replace(KEEPS_INPUT, inputs=tuple(range(len(inputs))), others=tuple(of_bag))


def _check_tokens(tokens: Tensor) -> None:
    if tokens.dtype not in INDICES:
        hint = "declare the input as tokens: {shape: [...], dtype: int64}"
        raise Fault(f"needs whole numbers (int64 or int32), got {tokens.dtype}", hint=hint)
