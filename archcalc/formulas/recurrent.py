"""Counts of recurrent layers, gate by gate.

A layer has k gates of one size: LSTM 4, GRU 3, the plain RNN 1. Its parameters are k times those of a gate,
k (h in + h h + b h), and its products per step k times those of a gate.

Source: LSTM: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; GRU: Cho et al. 2014
(arXiv 1406.1078); RNN: Elman 1990.
"""


def gate_params(inputs: int, hidden: int, fed_back: int, biases: int) -> int:
    """Parameters of one gate: h in + h r + b h.

    Args:
        inputs: features that arrive at a step, in.
        hidden: units of the layer, h.
        fed_back: features of the state that comes back, r: h, or fewer with a projection.
        biases: vectors of biases, b: 2 in torch (one beside each matrix), 1 in Keras and in the papers, or 0.
    """
    return gate_macs(inputs, hidden, fed_back) + biases * hidden


def gate_macs(inputs: int, hidden: int, fed_back: int) -> int:
    """Multiply-accumulates of one gate at one step: h in + h r; the products number by number count 0."""
    return hidden * inputs + hidden * fed_back


def projection_params(hidden: int, projected: int) -> int:
    """Parameters, and products per step, of the map from h units to p: p h.

    Source: Sak et al. 2014 (arXiv 1402.1128).
    """
    return projected * hidden
