"""Shipped specs with one mistake put in: it is found with its code, where it is, and nothing else is."""

# ruff: noqa: E501  pieces of specs stand as they are there

from typing import NamedTuple

import pytest

from archcalc import zoo
from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection

DEFAULT = Selection().active()


class Mutation(NamedTuple):
    """A mistake: in a spec the first ``old`` becomes ``new``, and only ``code`` is found.

    Args:
        spec: name of the shipped spec.
        old: a piece of its text.
        new: what stands there instead.
        code: of the only finding.
        at: a piece of the line that the finding points at.
        more: changes that the mistake needs, and budgets that would object to it too.
    """

    spec: str
    old: str
    new: str
    code: str
    at: str
    more: tuple[tuple[str, str], ...] = ()

    def texts(self) -> tuple[str, str]:
        """The spec before and after."""
        path = zoo.path_of(self.spec)
        assert path is not None
        before = after = path.read_text(encoding="utf-8")
        for old, new in ((self.old, self.new), *self.more):
            assert old in after
            after = after.replace(old, new, 1)
        return before, after


T5_WITHOUT_A_MASK = """
blocks:
  layer:
    inputs: [hidden, bias, memory]
    args: {num_heads: required, d_ff: required, d_kv: 64, relative_bias: false, gated: false, activation: ReLU, num_buckets: 32, max_distance: 128, dropout: 0}
    layers:
      - type: Sequential
        name: layer
        numbered: true
        layers:
          - {type: T5SelfAttention, from: [hidden, bias], causal: false, num_heads: =num_heads, d_kv: =d_kv, relative_bias: =relative_bias}
          - {type: T5CrossAttention, from: [0, memory], num_heads: =num_heads, d_kv: =d_kv}
          - {type: T5FeedForward, d_ff: =d_ff, gated: =gated, activation: =activation, dropout: =dropout}
"""
MUTATIONS = {
    "a kind with a typo": Mutation("resnet18", "MaxPool2d", "MaxPol2d", "AC001", "MaxPol2d"),
    "a key with a typo": Mutation(
        "resnet50", "stride: 2, padding: 3", "strides: 2, padding: 3", "AC001", "strides"
    ),
    "an output that nothing reads": Mutation(
        "lenet5",
        "  - Tanh\n  - {type: Linear, name: output",
        "  - {type: Tanh, name: act}\n  - {type: Linear, name: extra, out_features: 3}\n  - {type: Linear, name: output, from: act",
        "AC101",
        "name: extra",
    ),
    "an input that nothing reads": Mutation(
        "lenet5", "image: [1, 32, 32]", "image: [1, 32, 32]\n  mask: [1, 32, 32]", "AC102", "mask:"
    ),
    "a size that pools do not divide": Mutation("unet", "size: 572", "size: 570", "AC103", "name: pool"),
    "an odd image before a pool": Mutation("unet", "size: 572", "size: 573", "AC103", "name: pool"),
    "a pool that drops a column": Mutation("vgg16", "size: 224", "size: 225", "AC103", "MaxPool2d"),
    "an even kernel with padding same": Mutation(
        "lenet5",
        "kernel_size: 5}\n",
        "kernel_size: 4, padding: same}\n  - Tanh\n  - {type: Conv2d, name: c2, out_channels: 6, kernel_size: 5}\n",
        "AC105",
        "kernel_size: 4",
        (("params: 62K", "params: 63K"),),
    ),
    "an image with its channels behind": Mutation(
        "vdsr",
        "image: [=channels, =size, =size]",
        "image: [=channels, =size, 3]",
        "AC110",
        "image:",
        (("channels: 1,", "channels: 41,"), ("params: 670K", "params: 720K")),
    ),
    "a convolution in front of a recurrence": Mutation(
        "gru_classifier",
        "  - {type: GRU,",
        "  - {type: Conv1d, name: conv, out_channels: =length, kernel_size: 3, padding: 1}\n  - {type: GRU,",
        "AC111",
        "type: Conv1d",
        (("params: 3M", "params: 4M"),),
    ),
    "a norm of steps": Mutation(
        "gru_classifier", "  - {type: GRU,", "  - BatchNorm1d\n  - {type: GRU,", "AC112", "- BatchNorm1d"
    ),
    "channels for steps": Mutation(
        "gru_classifier",
        "  - {type: GRU,",
        "  - {type: Transpose, dim0: 0, dim1: 1}\n  - {type: Conv1d, out_channels: 64, kernel_size: 3, padding: 1}\n  - {type: GRU,",
        "AC116",
        "type: GRU",
        (("params: 3M", "params: 4M"),),
    ),
    "a map that is not flattened": Mutation("lenet5", "  - Flatten\n", "", "AC113", "name: f6"),
    "too wide a rim": Mutation(
        "dilated_context",
        "padding: =rate, dilation: =rate",
        "padding: =3 * rate, dilation: =rate",
        "AC106",
        "3 * rate",
    ),
    "a kernel over a single position": Mutation(
        "resnet20_cifar",
        "  - Flatten\n",
        "  - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1, groups: 64}\n  - ReLU\n  - Flatten\n",
        "AC107",
        "groups: 64",
        (("params: 270K", "params: 271K"),),
    ),
    "a generator for an image that does not divide": Mutation(
        "pix2pix_generator", "size: 256", "size: 300", "AC108", "type: Concat"
    ),
    "a generator of another size than the target": Mutation(
        "pix2pix_generator",
        "loss: L1Loss\n",
        "loss: L1Loss\ntraining: {target: [3, 128, 128]}\n",
        "AC115",
        "name: translated",
    ),
    "a dilation out of proportion": Mutation(
        "fcn_resnet50", "=2 if i == 0 else 4", "=2 if i == 0 else 64", "AC201", "name: layer4"
    ),
    "a causal stack with holes": Mutation(
        "tcn",
        "dilation: =2 ** i",
        "dilation: =8 * 2 ** i",
        "AC201",
        "type: CausalConv",
        (("size: 784", "size: 8000"),),
    ),
    "twice the dilation in filters and gates": Mutation(
        "wavenet", "dilation: =2 ** (i % 10)", "dilation: =2 * 2 ** (i % 10)", "AC201", "name: filter"
    ),
    "a dilation as large as the map": Mutation(
        "dilated_context", "[1, 1, 2, 4, 8, 16, 1]", "[1, 1, 2, 4, 8, 64, 1]", "AC107", "dilation: =rate"
    ),
    "a dilation that grows too slowly": Mutation(
        "tcn", "dilation: =2 ** i", "dilation: =i + 1", "AC701", "receptive_field"
    ),
    "a dilation left out": Mutation(
        "tcn",
        "dilation: =2 ** i",
        "dilation: 1",
        "AC205",
        "name: head",
        ((', receptive_field: ">= 784"', ""),),
    ),
    "a stride over the kernel": Mutation(
        "resnet18",
        "kernel_size: 3, stride: 2, padding: 1}",
        "kernel_size: 2, stride: 3}",
        "AC203",
        "name: maxpool",
    ),
    "a patch that is smaller than its stride": Mutation(
        "vit_b_16",
        "kernel_size: =patch, stride: =patch",
        "kernel_size: =patch - 2, stride: =patch",
        "AC203",
        "conv_proj",
    ),
    "a checkerboard in a generator": Mutation(
        "dcgan_generator",
        "kernel_size: 4, stride: 2, padding: 1, bias: false}\n      - Tanh",
        "kernel_size: 3, stride: 2, padding: 1, output_padding: 1, bias: false}\n      - Tanh",
        "AC204",
        "output_padding",
    ),
    "a checkerboard in a segmentation": Mutation(
        "deeplabv3_resnet50",
        '{type: Upsample, name: out, size: "=[size, size]", mode: bilinear}',
        "{type: ConvTranspose2d, name: out, out_channels: =classes, kernel_size: 11, stride: 8, padding: 2, output_padding: 1, groups: =classes}",
        "AC204",
        "ConvTranspose2d",
    ),
    "a field below what is wanted": Mutation(
        "srcnn", "loss: MSELoss", "loss: MSELoss\nmin_receptive_field: 21", "AC205", "min_receptive_field"
    ),
    "a bias before a norm": Mutation(
        "resnet18", "padding: 3, bias: false}", "padding: 3}", "AC301", "name: conv1"
    ),
    "a bias before a norm in a block": Mutation(
        "fcn_resnet50", "padding: 3, bias: false}", "padding: 3, bias: true}", "AC301", "bias: true"
    ),
    "a bias of a transposed convolution": Mutation(
        "dcgan_generator", "kernel_size: 4, bias: false}", "kernel_size: 4}", "AC301", "kernel_size: 4}"
    ),
    "small batches": Mutation(
        "resnet20_cifar",
        "loss: CrossEntropyLoss",
        "loss: CrossEntropyLoss\ntraining: {batch_size: 2}",
        "AC303",
        "batch_size",
    ),
    "an activation left out in front of a pool": Mutation("lenet5", "  - Tanh\n", "", "AC305", "name: c3"),
    "an activation left out in front of a padding": Mutation(
        "wgan_gp_critic",
        "name: relu, negative_slope: 0.2",
        "name: relu, when: =norm, negative_slope: 0.2",
        "AC305",
        "type: Conv2d",
    ),
    "an activation left out between hops": Mutation(
        "gcn_cora", "  - {type: ReLU, name: relu}\n", "", "AC305", "name: conv2"
    ),
    "an activation left out in a head": Mutation(
        "lenet5", "out_features: 84}\n  - Tanh\n", "out_features: 84}\n", "AC305", "name: output"
    ),
    "an activation that is none": Mutation(
        "gpt2", "inner: =inner, ", "inner: =inner, activation: Identity, ", "AC305", "type: GPT2Block"
    ),
    "an activation left out": Mutation(
        "srcnn", "  - {type: ReLU, name: relu2}\n", "", "AC305", "name: conv3"
    ),
    "an activation twice": Mutation(
        "resnet18",
        "  - {type: ReLU, name: relu}\n",
        "  - {type: ReLU, name: relu}\n  - ReLU\n",
        "AC306",
        "- ReLU",
    ),
    "an activation in a head twice": Mutation(
        "alexnet",
        "      - ReLU\n      - {type: Linear, out_features: =classes}",
        "      - ReLU\n      - Sigmoid\n      - {type: Linear, out_features: =classes}",
        "AC306",
        "- Sigmoid",
    ),
    "a ReLU behind a SiLU": Mutation(
        "efficientnet_b0", "activation: SiLU}\n", "activation: SiLU}\n      - ReLU\n", "AC306", "- ReLU"
    ),
    "a Tanh twice": Mutation(
        "dcgan_generator", "      - Tanh\n", "      - Tanh\n      - Tanh\n", "AC306", "- Tanh"
    ),
    "dropout behind a convolution": Mutation(
        "resnet18",
        "  - {type: BatchNorm2d, name: bn1}",
        "  - Dropout2d\n  - {type: BatchNorm2d, name: bn1}",
        "AC307",
        "Dropout2d",
    ),
    "dropout before a norm": Mutation(
        "densenet121",
        "      - {type: BatchNorm2d, name: norm0}",
        "      - Dropout\n      - {type: BatchNorm2d, name: norm0}",
        "AC307",
        "Dropout",
    ),
    "sigmoids in a deep stack": Mutation(
        "vdsr", "{type: ReLU, name: relu}", "{type: Sigmoid, name: relu}", "AC308", "Sigmoid"
    ),
    "a softmax before the loss": Mutation(
        "resnet18",
        "out_features: =classes}\n",
        "out_features: =classes}\n  - Softmax\n",
        "AC401",
        "- Softmax",
    ),
    "a log-softmax before the loss": Mutation(
        "mobilenet_v2",
        "out_features: =classes}\n",
        "out_features: =classes}\n      - {type: LogSoftmax, dim: 1}\n",
        "AC401",
        "type: LogSoftmax",
    ),
    "a softmax over maps": Mutation(
        "unet",
        "kernel_size: 1}\n",
        "kernel_size: 1}\n  - {type: Softmax, dim: 1}\n",
        "AC401",
        "type: Softmax",
    ),
    "a softmax over levels": Mutation(
        "wavenet",
        "out_channels: =levels, kernel_size: 1}\n",
        "out_channels: =levels, kernel_size: 1}\n  - {type: Softmax, dim: 1}\n",
        "AC401",
        "type: Softmax",
    ),
    "a sigmoid twice": Mutation("dcgan_discriminator", "BCELoss", "BCEWithLogitsLoss", "AC402", "Sigmoid"),
    "no sigmoid": Mutation(
        "dcgan_discriminator", "      - Sigmoid\n", "", "AC403", "kernel_size: 4, bias: false"
    ),
    "a ReLU on the logits": Mutation(
        "resnet34", "out_features: =classes}\n", "out_features: =classes}\n  - ReLU\n", "AC404", "- ReLU"
    ),
    "a ReLU behind a pooled one": Mutation(
        "squeezenet1_1", "  - Flatten\n", "  - Flatten\n  - {type: ReLU, name: last}\n", "AC306", "name: last"
    ),
    "no log-softmax in front of a pool": Mutation(
        "squeezenet1_1", "CrossEntropyLoss", "NLLLoss", "AC409", "      - ReLU"
    ),
    "a slope on the logits": Mutation(
        "vgg11",
        "out_features: =classes}\n",
        "out_features: =classes}\n      - LeakyReLU\n",
        "AC404",
        "- LeakyReLU",
    ),
    "a ReLU on scores that are enlarged": Mutation(
        "fcn_resnet50",
        "  - {type: Upsample, name: out",
        "  - ReLU\n  - {type: Upsample, name: out",
        "AC404",
        "- ReLU",
    ),
    "a softmax on scores that are enlarged": Mutation(
        "deeplabv3_resnet50",
        "  - {type: Upsample, name: out",
        "  - {type: Softmax, dim: 1}\n  - {type: Upsample, name: out",
        "AC401",
        "Softmax",
    ),
    "log-probabilities for a loss of logits": Mutation(
        "resnet34",
        "out_features: =classes}\n",
        "out_features: =classes}\n  - LogSoftmax\n",
        "AC404",
        "- LogSoftmax",
        (("loss: CrossEntropyLoss", "loss: BCEWithLogitsLoss"),),
    ),
    "no sigmoid in front of an enlargement": Mutation(
        "fcn_resnet50", "CrossEntropyLoss", "BCELoss", "AC403", "type: FCNHead"
    ),
    "a softmax over one map of scores": Mutation(
        "patchgan", "BCEWithLogitsLoss", "CrossEntropyLoss", "AC407", "name: last"
    ),
    "a bounded head": Mutation(
        "lenet5", "out_features: =classes}\n", "out_features: =classes}\n  - Tanh\n", "AC404", "- Tanh"
    ),
    "a ReLU on a prediction": Mutation(
        "srcnn",
        "kernel_size: 5}\n",
        "kernel_size: 5}\n  - ReLU\n",
        "AC405",
        "- ReLU",
        (("task: super_resolution", "task: regression"),),
    ),
    "one class": Mutation("resnet18", "classes: 1000", "classes: 1", "AC407", "name: fc"),
    "one class per pixel": Mutation("unet", "classes: 2", "classes: 1", "AC407", "name: scores"),
    "no log-softmax": Mutation("googlenet", "CrossEntropyLoss", "NLLLoss", "AC409", "name: fc"),
    "a budget of parameters": Mutation("resnet50", "params: 26M", "params: 20M", "AC701", "budgets:"),
    "a budget of work": Mutation("vit_b_16", "macs: 17.6G", "macs: 16.9G", "AC701", "budgets:"),
    "a network that outgrew its budget": Mutation(
        "bert_base", "positions: 512", "positions: 4096", "AC701", "budgets"
    ),
    "a suppression of nothing": Mutation(
        "resnext50_32x4d", "task: classification", "task: classification\nignore: [AC301]", "AC002", "ignore"
    ),
    "a suppression of no rule": Mutation(
        "resnext50_32x4d", "task: classification", "task: classification\nignore: [AC999]", "AC003", "ignore"
    ),
    "positions left out of BERT": Mutation(
        "bert_base",
        "      - {type: LearnedPositionalEncoding, name: position_embeddings, max_len: =positions}\n",
        "",
        "AC601",
        "type: BertLayer",
    ),
    "positions left out of ViT": Mutation(
        "vit_b_16",
        "      - {type: LearnedPositionalEncoding, name: pos_embedding, max_len: =(size // patch) ** 2 + 1, bare: true}\n",
        "",
        "AC601",
        "type: ViTBlock",
    ),
    "a mask taken off": Mutation(
        "transformer_wmt",
        "attention_bias: =attention_bias}\n  - {type: Linear",
        "attention_bias: =attention_bias, causal: false}\n  - {type: Linear",
        "AC602",
        "type: TransformerDecoder",
    ),
    "a mask taken off a block": Mutation(
        "t5_small",
        "{type: T5DecoderBlock, from: [input, input, encoder]",
        "{type: layer, from: [input, input, encoder]",
        "AC602",
        "causal: false",
        (
            ("{type: T5DecoderBlock, from: [0,", "{type: layer, from: [0,"),
            ("\nlayers:", T5_WITHOUT_A_MASK + "\nlayers:"),
        ),
    ),
    "no mask in an encoder's layers that write": Mutation(
        "gpt2",
        "{type: GPT2Block, name: h, num_heads: =heads, inner: =inner, dropout: =dropout,",
        "{type: ViTBlock, name: h, num_heads: =heads, mlp_dim: =inner,",
        "AC602",
        "type: ViTBlock",
    ),
    "positions left out in front of the encoder": Mutation(
        "transformer_wmt",
        "  - {type: SinusoidalPositionalEncoding, name: source_positions}\n",
        "",
        "AC601",
        "type: TransformerEncoder",
    ),
    "heads of 100 features": Mutation(
        "qwen3_0_6b", "head_dim: 128", "head_dim: 100", "AC604", "type: LlamaBlock"
    ),
    "a memory that nothing reads": Mutation(
        "transformer_wmt",
        "[target_dropout, encoder]",
        "[target_dropout, target_dropout]",
        "AC101",
        "name: encoder",
    ),
    "a second view without a loss": Mutation(
        "simclr_resnet50", "outputs: [g, g_again]", "outputs: [g]", "AC101", "name: g_again"
    ),
    "tokens beyond the table": Mutation(
        "bert_base", "tokens: 128", "tokens: 600", "AC603", "type: LearnedPositionalEncoding"
    ),
    "heads of 12 features": Mutation("vit_b_16", "heads: 12", "heads: 64", "AC604", "type: ViTBlock"),
    "post-norm made deeper": Mutation(
        "bert_base", "depth: 12", "depth: 24", "AC606", "type: BertLayer", (("params: 111M", "params: 200M"),)
    ),
    "a gate taken off": Mutation("gru_classifier", "{type: GRU,", "{type: RNN,", "AC607", "type: RNN"),
    "few tokens": Mutation(
        "lstm_language_model",
        "loss: CrossEntropyLoss",
        "loss: CrossEntropyLoss\ntraining: {samples: 100}",
        "AC702",
        "training:",
    ),
    "too few classes of nodes": Mutation(
        "gat_cora", "out_channels: =classes", "out_channels: 3", "AC407", "name: conv2"
    ),
    "no log-softmax over nodes": Mutation("gcn_cora", "CrossEntropyLoss", "NLLLoss", "AC409", "name: conv2"),
    "too few classes in front of a pool": Mutation(
        "squeezenet1_1", "out_channels: =classes", "out_channels: 999", "AC407", "out_channels: 999"
    ),
    "few samples": Mutation(
        "resnet18",
        "loss: CrossEntropyLoss",
        "loss: CrossEntropyLoss\ntraining: {samples: 2000}",
        "AC702",
        "training:",
    ),
    "a branch that can only add": Mutation(
        "resnet20_cifar",
        "          - {type: BatchNorm2d, name: bn2}\n",
        "          - {type: BatchNorm2d, name: bn2}\n          - ReLU\n",
        "AC503",
        "- ReLU",
    ),
    "a deep stack without its shortcut": Mutation(
        "vdsr",
        "  - type: Residual\n    body:\n",
        "  - type: Sequential\n    layers:\n",
        "AC501",
        "type: Conv2d",
        (
            ("    merge: {type: Add, name: output}\n", ""),
            ("depth: 20", "depth: 34"),
            ("params: 670K", "params: 1.2M"),
        ),
    ),
    "a plain stack of twenty": Mutation(
        "vdsr",
        "  - type: Residual\n    body:\n",
        "  - type: Sequential\n    layers:\n",
        "AC505",
        "type: Conv2d",
        (("    merge: {type: Add, name: output}\n", ""),),
    ),
    "a plain stack of twenty with large weights": Mutation(
        "vdsr",
        "  - type: Residual\n    body:\n",
        '  - type: Sequential\n    init: "normal:1"\n    layers:\n',
        "AC506",
        "type: Conv2d",
        (("    merge: {type: Add, name: output}\n", ""),),
    ),
    "weights that saturate": Mutation(
        "lenet5",
        "{type: Linear, name: f6, out_features: 84}",
        '{type: Linear, name: f6, out_features: 84, init: "normal:40"}',
        "AC313",
        "Tanh",
    ),
    "a shortcut that projects for nothing": Mutation(
        "resnet20_cifar",
        '=stride != 1 and option == "B"',
        "=true",
        "AC502",
        "type: Conv2d",
        (
            ("option: A", "option: B"),
            ("params: 270K, macs: 41M", "params: 290K, macs: 43M"),
        ),
    ),
    "a classifier on a large map": Mutation(
        "resnet18",
        "name: avgpool, output_size: 1",
        "name: avgpool, output_size: 7",
        "AC703",
        "name: fc",
        (("params: 12M", "params: 40M"),),
    ),
    "rates with a common factor": Mutation(
        "dilated_context", "[1, 1, 2, 4, 8, 16, 1]", "[2, 2, 2, 4, 8, 16, 2]", "AC201", "type: Conv2d"
    ),
    "a vocabulary beyond the table of positions": Mutation(
        "gpt2", "tokens: =positions", "tokens: 2048", "AC603", "type: LearnedPositionalEncoding"
    ),
    "groups that do not divide": Mutation(
        "resnext50_32x4d",
        "padding: 3, bias: false",
        "padding: 3, bias: false, groups: 2",
        "AC001",
        "type: Conv2d",
    ),
    "classes without a name": Mutation("mobilenet_v3_large", "=classes", "=clases", "AC001", "type: Linear"),
    "a dilation of one tap": Mutation(
        "srcnn", "kernel_size: =middle}", "kernel_size: =middle, dilation: 2}", "AC207", "dilation: 2"
    ),
    "a softmax for a sigmoid": Mutation(
        "dcgan_discriminator",
        "      - Sigmoid\n",
        "      - {type: Softmax, dim: 1}\n",
        "AC310",
        "type: Softmax",
    ),
    "a softmax over the batch": Mutation(
        "gcn_cora",
        "CrossEntropyLoss",
        "NLLLoss",
        "AC311",
        "type: LogSoftmax",
        (("\nbudgets:", "  - {type: LogSoftmax, dim: 0}\n\nbudgets:"),),
    ),
    "a channel to a group behind a pool": Mutation(
        "resnet20_cifar",
        "  - Flatten\n",
        "  - {type: GroupNorm, num_groups: 64}\n  - Flatten\n",
        "AC312",
        "type: GroupNorm",
        (("params: 270K", "params: 271K"),),
    ),
    "heads side by side in the end": Mutation(
        "gat_cora",
        "out_channels: =classes, concat: false",
        "out_channels: =classes, heads: 8",
        "AC410",
        "name: conv2",
        (("params: 93K", "params: 100K"),),
    ),
    "dropout with nothing to drop between": Mutation(
        "lstm_language_model", "layers: 2", "layers: 1", "AC609", "dropout: =dropout"
    ),
    "a sequence of one token": Mutation("bert_base", "tokens: 128", "tokens: 1", "AC610", "type: BertLayer"),
    "one sample left over": Mutation(
        "simclr_resnet50",
        "\nlayers:",
        "\ntraining: {batch_size: 256, samples: 1281025}\nlayers:",
        "AC304",
        "batch_size: 256",
        (("batch_norm: false", "batch_norm: true"), ("params: 28M", "params: 29M")),
    ),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_a_mistake_is_found_and_nothing_else(mutation: Mutation) -> None:
    before, after = mutation.texts()
    assert before != after
    found = check_text(after, f"{mutation.spec}.yaml", DEFAULT).findings
    assert [each.code for each in found] == [mutation.code], [str(each) for each in found]
    assert mutation.at in after.splitlines()[found[0].place.line - 1]


def test_there_are_many() -> None:
    assert len(MUTATIONS) >= 40


WITHOUT = {
    "AC104": "a merge of one size and two strides: no one piece of a shipped spec makes one",
    "AC114": "the skips of shipped specs meet maps of other heights behind, or lie in shipped blocks",
    "AC408": "no shipped spec is a detector",
    "AC309": "no shipped spec has a GLU behind a convolution",
}
"""Rules that run by default and have no mutation, with the reason; ``tests/test_adding.py`` asks for one."""
