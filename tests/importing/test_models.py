"""Real models all the way, of all three libraries: what an import gets right it keeps getting right."""

from dataclasses import replace

import pytest

from tests.importing.gaps import known_gaps, news
from tests.importing.judging import DIFFERS, OPAQUE, Judged, judged, safely
from tests.importing.models import rows

CHOSEN = {
    "tv": (
        "alexnet squeezenet1_1 mobilenet_v2 shufflenet_v2_x0_5 googlenet mnasnet0_5 resnet18 swin_t "
        "convnext_tiny lraspp_mobilenet_v3_large r3d_18 fasterrcnn_mobilenet_v3_large_320_fpn:backbone "
        "maskrcnn_resnet50_fpn:roi_heads.mask_head retinanet_resnet50_fpn:head ssd300_vgg16:backbone"
    ),
    "timm": (
        "test_byobnet test_convnext test_efficientnet test_mambaout test_coatnet test_nfnet test_resnet "
        "test_vit test_vit_relpos convit_tiny csatv2 halonet_h1 levit_128s volo_d1_224 vit_tiny_patch16_dinov3_qkvb "
        "resnest14d mvitv2_tiny pit_ti_224 vit_tiny_r_s16_p8_224 sequencer2d_s"
    ),
    "hf": (
        "bert roberta albert deberta_v2 mpnet gpt2 gpt_neo gptj bloom llama mixtral gemma phi3 falcon mpt "
        "t5 whisper wav2vec2 swin convnextv2 clip mamba mamba2 deepseek_v3 segformer"
    ),
}
SAMPLE = [f"{home}/{name}" for home, names in CHOSEN.items() for name in names.split()]
"""Of the 270: cheap ones, with every sort of gap that the vocabulary had."""
LISTED = {"tv/a": {DIFFERS: "9 MACs"}, "tv/b": {OPAQUE: "torch.fft.fft x 1"}}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_real_model_is_exact_and_of_kinds_or_on_the_list(name: str) -> None:
    assert news(safely(judged, name), known_gaps()) == []


def test_the_sample_has_every_gap_of_all_libraries() -> None:
    assert len(set(SAMPLE)) == len(SAMPLE) == 60
    assert {name.partition("/")[0] for name in SAMPLE} == {"tv", "timm", "hf"}
    every = {gap for row in rows().values() for gap in sorts(row.lacks)}
    assert {gap for name in SAMPLE for gap in sorts(rows()[name].lacks)} == every


def sorts(lacks: str) -> set[str]:
    """Names of the gaps in a row's column."""
    return {gap.partition(" x ")[0] for gap in lacks.split("; ") if gap}


def test_the_list_is_of_models_and_says_why() -> None:
    known = known_gaps()
    assert known.keys() <= rows().keys()
    for gaps in known.values():
        assert gaps.keys() <= {DIFFERS, OPAQUE}
        assert all(gaps.values())


RIGHT = Judged("tv/a", layers=3, lines=9)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(RIGHT, differences=("8 MACs", "9 MACs")), ""),
        (RIGHT, "tv/a has no gap of the kind 'differs' any more: strike it off tests/importing/gaps.csv"),
        (replace(RIGHT, model="tv/c"), ""),
        (replace(RIGHT, model="tv/c", differences=("a", "b")), "tv/c differs: a (and 1 more); an import"),
        (replace(RIGHT, model="tv/b", opaque={"torch.fft.fft": 2}), ""),
        (replace(RIGHT, model="tv/c", opaque={"torch.fft.fft": 2}), "tv/c Opaque: torch.fft.fft x 2; an"),
    ],
)
def test_the_list_can_only_shrink(found: Judged, said: str) -> None:
    told = news(found, LISTED)
    assert len(told) == bool(said)
    assert "".join(told).startswith(said)


def test_what_stops_the_reading_is_a_difference() -> None:
    def stops(_: str) -> Judged:
        raise KeyError("x")

    found = safely(stops, "tv/a")
    assert set(found.gaps) == {DIFFERS}
    assert found.gaps[DIFFERS].startswith("not read: KeyError: 'x' (test_models.py:")
