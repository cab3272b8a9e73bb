"""The catalogue: every layer kind by name, and the file of its family; imported only when used."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from archcalc.layers.base import Layer

FAMILIES = (
    ("convolution", "Conv1d Conv2d Conv3d"),
    ("transposed_convolution", "ConvTranspose1d ConvTranspose2d ConvTranspose3d"),
    ("deformable_convolution", "DeformConv2d"),
    ("padding", "ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d"),
    ("padding", "ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d"),
    ("padding", "CircularPad1d CircularPad2d CircularPad3d"),
    ("axis_padding", "Pad"),
    ("cropping", "Crop"),
    ("resampling", "Upsample UpsamplingNearest2d UpsamplingBilinear2d"),
    ("linear", "Linear TransposedLinear Bilinear"),
    ("embedding", "Embedding EmbeddingBag"),
    ("recurrent", "RNN LSTM GRU"),
    ("recurrent_cell", "RNNCell LSTMCell GRUCell"),
    ("convolutional_recurrent", "ConvLSTM"),
    ("batch_normalization", "BatchNorm1d BatchNorm2d BatchNorm3d"),
    ("instance_normalization", "InstanceNorm1d InstanceNorm2d InstanceNorm3d"),
    ("frozen_normalization", "FrozenBatchNorm2d"),
    ("group_normalization", "GroupNorm"),
    ("response_normalization", "LocalResponseNorm"),
    ("layer_normalization", "LayerNorm RMSNorm"),
    ("scaling", "Scale LayerScale LayerScale2d"),
    ("max_pooling", "MaxPool1d MaxPool2d MaxPool3d"),
    ("average_pooling", "AvgPool1d AvgPool2d AvgPool3d"),
    ("adaptive_average_pooling", "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d"),
    ("adaptive_max_pooling", "AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d"),
    ("shuffling", "PixelShuffle PixelUnshuffle ChannelShuffle"),
    ("folding", "Unfold Fold"),
    ("power_pooling", "LPPool1d LPPool2d LPPool3d"),
    ("fractional_pooling", "FractionalMaxPool2d FractionalMaxPool3d"),
    ("region_pooling", "RoIAlign"),
    ("unpooling", "MaxUnpool1d MaxUnpool2d MaxUnpool3d"),
    ("rectifiers", "ReLU ReLU6 LeakyReLU PReLU"),
    ("exponential_units", "ELU"),
    ("self_gated", "GELU QuickGELU SiLU Mish Hardswish"),
    ("sigmoids", "Hardsigmoid Sigmoid Tanh Softplus"),
    ("exponential_units", "CELU SELU"),
    ("rectifiers", "RReLU"),
    ("sigmoids", "LogSigmoid Softsign"),
    ("shrinkage", "Tanhshrink Hardshrink Softshrink"),
    ("clipping", "Hardtanh Threshold"),
    ("axis_activation", "Softmax LogSoftmax Softmin Softmax2d GLU"),
    ("dropout", "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout StochasticDepth"),
    ("reshaping", "Flatten Unflatten Reshape Identity"),
    ("permuting", "Permute Transpose Squeeze Unsqueeze"),
    ("cutting", "Slice Chunk Split"),
    ("selecting", "Select Unbind"),
    ("turning", "Roll Flip"),
    ("repeating", "Expand Repeat RepeatInterleave"),
    ("axis_windows", "UnfoldAxis"),
    ("scattering", "SliceScatter"),
    ("triangles", "Tril Triu"),
    ("indexing", "IndexSelect Gather"),
    ("ranking", "TopK Argmax Argmin"),
    ("accumulating", "Cumsum"),
    ("reduction", "Mean Sum Max Min"),
    ("merging", "Add Multiply Concat Stack MatMul"),
    ("multihead_attention", "MultiheadAttention"),
    ("latent_attention", "MultiheadLatentAttention"),
    ("attention", "ScaledDotProductAttention"),
    ("window_attention", "ShiftedWindowAttention"),
    ("positional", "SinusoidalPositionalEncoding LearnedPositionalEncoding RotaryEmbedding ClassToken"),
    ("position_bias", "RelativePositionBias ALiBi"),
    ("experts", "TopKRouter Experts"),
    ("graph", "GCNConv"),
    ("graph_attention", "GATConv GATv2Conv TransformerConv"),
    ("graph_aggregation", "SAGEConv GINConv"),
    ("graph_polynomial", "ChebConv"),
    ("graph_relations", "RGCNConv"),
    ("graph_pooling", "GlobalMeanPool GlobalAddPool GlobalMaxPool"),
    ("state_space", "Mamba"),
    ("delta_net", "GatedDeltaNet"),
    ("sampling", "Reparameterize"),
    ("masking", "RandomMasking MaskTokens"),
    ("sources", "Parameter Buffer Constant"),
    ("elementary", "Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal Sin Cos Erf Abs Floor Ceil Round Sign Neg"),
    ("arithmetic", "Offset Pow Clamp Subtract Divide Power Maximum Minimum"),
    ("norms", "Norm Normalize Var Std"),
    ("casting", "Cast"),
    ("einsum", "Einsum"),
    ("functional", "FunctionalLinear FunctionalConv1d FunctionalConv2d FunctionalConv3d"),
    ("opaque", "Opaque"),
    ("comparing", "Compare LogicalAnd LogicalOr LogicalNot Where MaskedFill"),
)
"""Files of families, and the kinds in each, in the order in which they are listed."""
KINDS = {name: family for family, names in FAMILIES for name in names.split()}
"""Kind -> the file of its family."""


@cache
def kind(name: str) -> "type[Layer]":
    """The class of the kind called ``name``, which must be in ``KINDS``."""
    module = import_module(f"archcalc.layers.{KINDS[name]}")
    return cast("type[Layer]", getattr(module, name))
