"""Networks as source code for other libraries; nothing here imports them."""

from archcalc.exporting.module import torch_source

__all__ = ["torch_source"]
