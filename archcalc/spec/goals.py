"""What a network is for and what trains it: the tasks and losses that a spec may name, in any spelling.

The lists are closed, so that a slip of the pen switches no rule off; other names are ``{custom: name}``.
"""

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Discriminator, StringConstraints, Tag, WithJsonSchema

from archcalc.errors import Fault
from archcalc.spec.values import Record
from archcalc.wording import shown, squeezed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

LOSSES: "Mapping[str, tuple[str, ...]]" = {
    "AdaptiveLogSoftmaxWithLoss": ("adaptive log softmax with",),
    "BCELoss": ("bce", "binary cross entropy"),
    "BCEWithLogitsLoss": (
        *("bce with logits", "binary cross entropy with logits", "bce logits"),
        *("sigmoid cross entropy", "sigmoid cross entropy with logits"),
    ),
    "CTCLoss": ("ctc", "connectionist temporal classification"),
    "CosineEmbeddingLoss": ("cosine embedding",),
    "CrossEntropyLoss": ("cross entropy", "ce", "softmax cross entropy", "softmax cross entropy with logits"),
    "GaussianNLLLoss": ("gaussian nll",),
    "HingeEmbeddingLoss": ("hinge embedding",),
    "HuberLoss": ("huber",),
    "KLDivLoss": ("kl div", "kl", "kld", "kl divergence", "kullback leibler divergence"),
    "L1Loss": ("l1", "mae", "mean absolute error"),
    "LinearCrossEntropyLoss": ("linear cross entropy",),
    "MSELoss": ("mse", "l2", "mean squared error"),
    "MarginRankingLoss": ("margin ranking",),
    "MultiLabelMarginLoss": ("multi label margin",),
    "MultiLabelSoftMarginLoss": ("multi label soft margin",),
    "MultiMarginLoss": ("multi margin",),
    "NLLLoss": ("nll", "negative log likelihood"),
    "PoissonNLLLoss": ("poisson nll",),
    "SmoothL1Loss": ("smooth l1",),
    "SoftMarginLoss": ("soft margin",),
    "TripletMarginLoss": ("triplet margin", "triplet"),
    "TripletMarginWithDistanceLoss": ("triplet margin with distance",),
}
"""torch.nn's losses -> what they are called in small letters: the class, torch.nn.functional, in papers."""
TASKS: tuple[str, ...] = (
    *("classification", "binary_classification", "multiclass_classification", "multilabel_classification"),
    *("image_classification", "video_classification", "audio_classification", "text_classification"),
    *("sequence_classification", "token_classification", "node_classification", "graph_classification"),
    *("point_cloud_classification", "time_series_classification", "tabular_classification"),
    *("sentiment_classification", "fine_grained_classification", "classification_and_detection"),
    *(
        "action_recognition",
        "face_recognition",
        "face_verification",
        "keyword_spotting",
        "speaker_verification",
    ),
    *(
        "named_entity_recognition",
        "part_of_speech_tagging",
        "natural_language_inference",
        "optical_character_recognition",
    ),
    *("logistic_regression", "softmax_regression", "ordinal_regression"),
    *("regression", "age_regression", "image_regression", "tabular_regression", "graph_regression"),
    *("pose_regression", "time_series_regression", "forecasting", "time_series_forecasting"),
    *("detection", "object_detection", "face_detection", "keypoint_detection", "anomaly_detection"),
    *("edge_detection", "event_detection", "lane_detection", "pose_estimation", "instance_segmentation"),
    *("segmentation", "semantic_segmentation", "panoptic_segmentation", "image_segmentation"),
    *("video_segmentation", "medical_segmentation", "point_cloud_segmentation", "matting"),
    *("depth_estimation", "monocular_depth_estimation", "optical_flow", "flow_estimation", "tracking"),
    *("super_resolution", "image_super_resolution", "denoising", "image_denoising", "deblurring"),
    *("restoration", "image_restoration", "inpainting", "colorization", "compression", "reconstruction"),
    *("generation", "image_generation", "text_generation", "music_generation", "audio_generation"),
    *("speech_synthesis", "image_synthesis", "text_to_speech", "text_to_image", "voice_conversion"),
    *("image_translation", "image_to_image_translation", "style_transfer", "diffusion", "discrimination"),
    *("language_modeling", "causal_language_modeling", "masked_language_modeling"),
    *("next_token_prediction", "autoregressive_generation", "masked_image_modeling", "pretraining"),
    *("translation", "machine_translation", "summarization", "text_to_text", "seq2seq"),
    *("sequence_to_sequence", "transduction", "captioning", "image_captioning", "transcription"),
    *("speech_recognition", "automatic_speech_recognition", "dialog", "dialogue", "question_answering"),
    *("visual_question_answering", "reading_comprehension", "non_autoregressive_translation"),
    *("link_prediction", "molecule_property_prediction", "set_prediction", "multiple_instance_learning"),
    *("recommendation", "click_through_prediction", "retrieval", "ranking", "matching", "similarity"),
    *("embedding", "feature_extraction", "representation_learning", "metric_learning"),
    *("contrastive_learning", "self_supervised_learning", "clustering", "reinforcement_learning"),
    *("policy", "value_estimation", "density_estimation", "autoencoding"),
)
"""Tasks, each in the spelling of this list or with other capitals, spaces or hyphens."""
APART = re.compile(r"[\s_-]+")
OWN = r"(?s)custom\s*:\s*(\S.*)"


class Custom(Record, frozen=True):
    """A task or a loss that is none of the list: the rules take it as it is."""

    custom: Annotated[str, StringConstraints(min_length=1)]
    """Its name."""


CLASSES = {squeezed(word): name for name, words in LOSSES.items() for word in words}
"""What torch.nn's losses are called, squeezed and without Loss -> the class."""
_TASKS = {squeezed(task): task for task in TASKS}


def loss_name(written: "str | Custom | None") -> str:
    """torch.nn's name of a loss, without its module and what it is called with; empty where it has none.

    ``CrossEntropyLoss``, ``nn.CrossEntropyLoss(label_smoothing=0.1)`` and ``F.cross_entropy`` are one loss.
    """
    if not isinstance(written, str):
        return ""
    bare, _, called = written.partition("(")
    word = squeezed(bare.strip().rpartition(".")[2]).removesuffix("loss")
    return (
        "" if "from_logits" in called else CLASSES.get(word, "")
    )  # Keras says so where torch has two classes


def task_name(written: "str | Custom | None") -> str:
    """A task in small letters with ``_`` between its words, which rules look at; a custom one too."""
    text = written.custom if isinstance(written, Custom) else written or ""
    word = APART.sub("_", text.strip().lower()).replace("modelling", "modeling")
    return _TASKS.get(squeezed(word), word)


def _loss(value: object) -> object:
    if not isinstance(value, str) or loss_name(value):
        return value
    from archcalc.elsewhere import loss_hint

    return _own(value) or _unknown(value, "losses of torch.nn", loss_hint(value))


def _task(value: object) -> object:
    if not isinstance(value, str) or task_name(value) in _TASKS.values():
        return value
    from archcalc.errors import nearest

    return _own(value) or _unknown(value, "known tasks", nearest(task_name(value), TASKS, " "))


def _own(value: str) -> object:
    """``custom: name`` as one text, where a mapping is meant."""
    own = re.fullmatch(OWN, value.strip())
    return {"custom": own[1]} if own else None


def _unknown(value: str, known: str, hint: str) -> "NoReturn":
    own = f"one of your own is written {{custom: {shown(value)}}}"
    raise Fault(f"{shown(value)} is none of the {known}", hint=f"{hint.strip()}\n{own}".strip())


def _form(value: object) -> str:
    return "own" if isinstance(value, dict | Custom) else "known"


_Either = Annotated[Annotated[str, Tag("known")] | Annotated[Custom, Tag("own")], Discriminator(_form)]
KnownLoss = Annotated[_Either | None, BeforeValidator(_loss), WithJsonSchema({"definition": "Loss"})]
KnownTask = Annotated[_Either | None, BeforeValidator(_task), WithJsonSchema({"definition": "Task"})]
