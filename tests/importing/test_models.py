"""A few of the real models, recorded; ``python -m tests.importing.table`` does it with all."""

import pytest

from tests.importing.table import told


@pytest.mark.parametrize("name", ["tv/squeezenet1_1", "timm/test_vit_relpos", "hf/gpt_oss", "hf/whisper"])
def test_a_record_has_the_macs_params_and_buffers_of_the_table(name: str) -> None:
    right, line = told(name)
    assert right, line
