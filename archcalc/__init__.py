"""archcalc: shapes, parameters, receptive fields and dilation coverage of networks written as a YAML spec."""

__version__ = "0.1.0"
