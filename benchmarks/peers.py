"""Other counters on the networks of the shipped specs: ``python -m benchmarks.peers TOOL NETWORK``."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

Network = tuple[Any, Any]
"""A torch module, and what it is run on."""
TOKENS = 35
"""Of language models, where a counter needs a sentence."""


def lenet5() -> Network:
    """The layers of the shipped spec."""
    import torch
    from torch import nn

    layers = [
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    ]
    return nn.Sequential(*layers), torch.zeros(1, 1, 32, 32)


def of_torchvision(name: str) -> Network:
    """A model of torchvision without trained weights, and an image."""
    import torch

    return imported("torchvision.models").get_model(name), torch.zeros(1, 3, 224, 224)


def gpt2() -> Network:
    """The smallest, from its configuration alone."""
    library = transformers()
    return library.GPT2LMHeadModel(library.GPT2Config(use_cache=False)), tokens()


def llama_3_8b() -> Network:
    """From its configuration alone."""
    library = transformers()
    sizes = {
        "vocab_size": 128_256,
        "hidden_size": 4096,
        "intermediate_size": 14_336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "use_cache": False,
    }
    return library.LlamaForCausalLM(library.LlamaConfig(**sizes)), tokens()


def imported(name: str) -> Any:  # noqa: ANN401  a module
    """A module by its name, where it is installed; here, because who asks which tools there are is small."""
    from archcalc.bridge import libraries
    from archcalc.errors import Fault

    try:
        return libraries.imported(name)
    except Fault as fault:
        sys.exit(fault.fact)


def transformers() -> Any:  # noqa: ANN401  a module
    """The library; it imports torchvision, where that is installed."""
    imported("torchvision")
    return imported("transformers")


def tokens() -> Any:  # noqa: ANN401  a tensor
    """A sentence."""
    import torch

    return torch.zeros(1, TOKENS, dtype=torch.int64)


NETWORKS: dict[str, Callable[[], Network]] = {
    "lenet5": lenet5,
    "resnet50": partial(of_torchvision, "resnet50"),
    "resnet152": partial(of_torchvision, "resnet152"),
    "gpt2": gpt2,
    "llama_3_8b": llama_3_8b,
}
TOO_LARGE = {"llama_3_8b"}
"""Networks whose weights are kept off the memory of a usual machine: on the meta device alone."""


def torchinfo_meta(network: str) -> None:
    """On the meta device, which holds no numbers."""
    import torch
    from torchinfo import summary

    with torch.device("meta"):
        module, given = NETWORKS[network]()
        if hasattr(module, "set_attn_implementation"):  # a mask that is made asks for numbers
            module.set_attn_implementation("eager")
            given = {"input_ids": given, "attention_mask": torch.ones_like(given)}
    print(summary(module, input_data=given, device="meta", verbose=0))


def torchinfo_real(network: str) -> None:
    """On tensors with numbers."""
    from torchinfo import summary

    module, given = NETWORKS[network]()
    print(summary(module, input_data=given, verbose=0))


def fvcore(network: str) -> None:
    """Its table, on tensors with numbers, as it wants them."""
    library = imported("fvcore.nn")
    module, given = NETWORKS[network]()
    print(library.flop_count_table(library.FlopCountAnalysis(module.eval(), given)))


def torchlens(network: str) -> None:
    """Its log of a forward pass."""
    library = imported("torchlens")
    module, given = NETWORKS[network]()
    print(library.log_forward_pass(module.eval(), given))


TOOLS: dict[str, Callable[[str], None]] = {
    "torchinfo, meta device": torchinfo_meta,
    "torchinfo, real tensors": torchinfo_real,
    "fvcore": fvcore,
    "TorchLens": torchlens,
}
ON_META = "torchinfo, meta device"


if __name__ == "__main__":
    tool, name = sys.argv[1:]
    TOOLS[tool](name)
