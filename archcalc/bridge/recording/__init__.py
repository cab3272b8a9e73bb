"""Runs somebody's torch module without numbers, and writes down what it does."""

from archcalc.bridge.recording.record import record, recorded

__all__ = ["record", "recorded"]
