"""Methods by name: what one training step does."""

from __future__ import annotations

from .adversarial_finish import AdversarialFinish
from .base import Method
from .classes_and_regression import ClassesAndRegression

__all__ = ["METHODS", "Method"]

METHODS: dict[str, type[Method]] = {
    "classes-and-regression": ClassesAndRegression,
    "adversarial-finish": AdversarialFinish,
}
