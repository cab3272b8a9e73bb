"""What the papers, or the authors' code, say of the networks here that no library at hand builds."""

from typing import NamedTuple


class Figure(NamedTuple):
    """A published number of parameters.

    Args:
        published: exactly (``61,949,149``), or rounded (``35.7M``).
        source: who says so.
        beside: how many of them the spec does not have (negative: how many more it has).
        why: what these are.
    """

    published: str
    source: str
    beside: int = 0
    why: str = ""


FIGURES = {
    "all_cnn_c": Figure("1.37M", "the paper: about 1.3M"),
    "awd_lstm": Figure("24.2M", "the paper: 24M; the authors' code prints 24,221,600"),
    "conv_tasnet": Figure("5.1M", "the paper", 65_664, "the last residual convolution, which nothing reads"),
    "crnn": Figure("8.3M", "the paper"),
    "cyclegan_generator": Figure("11.378M", "the authors' code prints it"),
    "ddpm_cifar10": Figure("35.7M", "the paper"),
    "deepsdf": Figure("1.84M", "the paper: 7.4 MB of 4 bytes each"),
    "dlinear": Figure("139.7K", "the paper"),
    "dncnn_s": Figure("0.56M", "comparisons with it: 556K; 17 layers of 64 channels without biases"),
    "dqn_atari": Figure("1,686,180", "the paper's layers for 4 actions, as frameworks print it"),
    "edsr": Figure("43M", "the paper"),
    "erfnet": Figure("2.06M", "the authors' code: 2.06M"),
    "flownet_s": Figure("38.7M", "comparisons with it: 38.7M"),
    "fsrcnn": Figure("12,464", "the paper", -345, "biases and slopes, which it does not count"),
    "lenet_300_100": Figure("267K", "Han et al. 2015 (arXiv 1506.02626)"),
    "linknet": Figure("11.5M", "the paper"),
    "m11_audio": Figure("1.8M", "the paper"),
    "nerf": Figure("595,844", "the authors' code, for one of its two networks"),
    "network_in_network": Figure("0.97M", "the layers of the authors' model for CIFAR-10; tables have 1M"),
    "pilotnet": Figure("252K", "the paper: about 250 thousand"),
    "pinn_burgers": Figure("3,021", "the paper"),
    "pointnet": Figure("3.5M", "the paper"),
    "pose_resnet50": Figure("34.0M", "the authors' code"),
    "preresnet164": Figure("1.70M", "the authors' earlier paper and code: 1.7M"),
    "pspnet50": Figure("46.7M", "the authors' code for PyTorch"),
    "quartznet_15x5": Figure("18.9M", "the paper"),
    "rcan": Figure("15.59M", "comparisons with it: 15.59M"),
    "segnet": Figure("29.4M", "ENet (arXiv 1606.02147): 29.46M, with biases"),
    "seq2seq_lstm": Figure("384M", "the paper"),
    "srgan_generator": Figure(
        "1,543K",
        "CARN (arXiv 1803.08664)",
        -4_822,
        "biases, norms and slopes, which it does not count",
    ),
    "stargan_generator": Figure("8,430,528", "the authors' code prints it"),
    "stylegan_mapping": Figure("2,101,248", "the authors' code: 8 layers of 512 to 512"),
    "unet3d": Figure("19,069,955", "the paper", -2_336, "one number per normalised channel of two"),
    "wide_resnet28_10": Figure("36.5M", "the paper"),
    "yolov3": Figure("61,949,149", "the authors' weights, as frameworks print it"),
    "yolov8n": Figure(
        "3,157,200", "the authors' code", 16, "the numbers 0 to 15 of the boxes' distributions"
    ),
}
BY_HAND = {
    "alphazero_go": (17 * 9 * 256 + 512)
    + 19 * 2 * (256 * 256 * 9 + 512)
    + (256 * 2 + 4 + (2 * 361 + 1) * 362)
    + (256 + 2 + (361 + 1) * 256 + 256 + 1),
    "c3d": 27 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 3 * 512 * 512)
    + (64 + 128 + 2 * 256 + 4 * 512)
    + (512 * 4 * 4 + 1) * 4096
    + (4096 + 1) * 4096
    + (4096 + 1) * 400,
    "char_cnn": (70 * 7 + 1) * 256
    + (256 * 7 + 1) * 256
    + 4 * (256 * 3 + 1) * 256
    + (34 * 256 + 1) * 1024
    + (1024 + 1) * 1024
    + (1024 + 1) * 4,
    "dueling_dqn": (4 * 64 + 1) * 32
    + (32 * 16 + 1) * 64
    + (64 * 9 + 1) * 64
    + 2 * (64 * 7 * 7 + 1) * 512
    + (512 + 1) * (18 + 1),
    "text_cnn": 18_765 * 300 + (300 * (3 + 4 + 5) + 3) * 100 + (300 + 1) * 2,
}
"""Parameters where the paper counts none, from the sizes that it states."""
