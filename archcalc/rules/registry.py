"""The catalogue: every rule by its code, and its file below this folder; imported when rules first run."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from archcalc.rules.base import Rule

RULES = {
    "AC001": "spec.untraceable",
    "AC002": "spec.unused_suppression",
    "AC003": "spec.unknown_code",
    "AC101": "shape.unused_output",
    "AC102": "shape.unused_input",
    "AC103": "shape.unread_positions",
    "AC104": "shape.unaligned_merge",
    "AC105": "shape.even_kernel_same",
    "AC106": "shape.padding_over_half",
    "AC107": "shape.kernel_on_one_pixel",
    "AC108": "shape.odd_size_skip",
    "AC109": "shape.shifted_merge",
    "AC110": "shape.channels_last_image",
    "AC111": "shape.convolution_over_features",
    "AC112": "shape.norm_over_steps",
    "AC113": "shape.map_not_flattened",
    "AC114": "shape.concat_counts_the_batch",
    "AC115": "shape.unrestored_shape",
    "AC116": "shape.channels_as_steps",
    "AC201": "dilation.dilation_holes",
    "AC202": "dilation.rates_with_common_factor",
    "AC203": "dilation.stride_over_kernel",
    "AC204": "dilation.checkerboard",
    "AC205": "dilation.small_field",
    "AC206": "dilation.unproductive_layers",
    "AC207": "dilation.idle_dilation",
    "AC301": "normalization.bias_before_norm",
    "AC302": "normalization.norm_order",
    "AC303": "normalization.small_batch_norm",
    "AC304": "normalization.batch_norm_on_one_value",
    "AC305": "activation.linear_after_linear",
    "AC306": "activation.double_activation",
    "AC307": "normalization.dropout_before_batch_norm",
    "AC308": "activation.saturating_stack",
    "AC309": "activation.glu_over_positions",
    "AC310": "activation.softmax_over_one",
    "AC311": "activation.softmax_over_batch",
    "AC312": "normalization.norm_on_one_value",
    "AC313": "activation.saturated_at_start",
    "AC401": "head.softmax_before_cross_entropy",
    "AC402": "head.sigmoid_before_bce_logits",
    "AC403": "head.no_sigmoid_before_bce",
    "AC404": "head.activation_on_logits",
    "AC405": "head.relu_on_regression_output",
    "AC406": "head.dropout_in_regression",
    "AC407": "head.outputs_against_loss",
    "AC408": "head.no_background_class",
    "AC409": "head.no_log_softmax_before_nll",
    "AC410": "head.joined_heads_in_output",
    "AC501": "residual.deep_plain_stack",
    "AC502": "residual.shortcut_not_identity",
    "AC503": "residual.activation_on_residual_path",
    "AC504": "residual.zero_init_last_norm",
    "AC505": "residual.vanishing_gradient",
    "AC506": "residual.exploding_gradient",
    "AC601": "sequence.no_positions",
    "AC602": "sequence.unmasked_decoder",
    "AC603": "sequence.beyond_position_table",
    "AC604": "sequence.head_size",
    "AC605": "sequence.vocabulary_multiple",
    "AC606": "sequence.deep_post_norm",
    "AC607": "sequence.ungated_recurrence",
    "AC608": "sequence.untied_embedding",
    "AC609": "sequence.idle_recurrent_dropout",
    "AC610": "sequence.attention_to_one_key",
    "AC701": "size.budget_exceeded",
    "AC702": "size.params_per_sample",
    "AC703": "size.dominating_layer",
}
ON_REQUEST = frozenset({"AC109", "AC202", "AC206", "AC302", "AC406", "AC504", "AC605", "AC608"})
"""Those whose severity is info: no check imports them that was not asked for them."""
GROUPS = {
    "AC0": "the spec itself",
    "AC1": "shape",
    "AC2": "receptive field and dilation",
    "AC3": "normalisation and activation",
    "AC4": "head and loss",
    "AC5": "depth and residual",
    "AC6": "attention and sequence",
    "AC7": "size and budgets",
}
NAMES = {code: file.rpartition(".")[2].replace("_", "-") for code, file in RULES.items()}
"""Code -> name, which a rule shares with its file: known before the rule is imported."""


@cache
def rule(code: str) -> "Rule":
    """The rule of a code, which must be in ``RULES``."""
    module = import_module(f"archcalc.rules.{RULES[code]}")
    return cast("Rule", module.RULE)


def rules() -> "tuple[Rule, ...]":
    """All rules in the order of their codes."""
    return tuple(rule(code) for code in RULES)
