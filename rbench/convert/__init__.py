"""Conversion: from weights and a recipe to a finished .tflite."""

from rbench.convert.convert import convert
from rbench.convert.inventory import Constant, Inventory, Query, take_inventory
from rbench.convert.leading import leading as led_by
from rbench.convert.rates import with_rates
from rbench.convert.result import LOG, MODEL, FlatModel
from rbench.convert.settings import ConvertSettings, PersonalSettings
from rbench.signatures import INPUT, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE

__all__ = [
    "INPUT",
    "LOG",
    "MODEL",
    "OUTPUT_ITEMS",
    "OUTPUT_SCORES",
    "SIGNATURE",
    "Constant",
    "ConvertSettings",
    "FlatModel",
    "Inventory",
    "PersonalSettings",
    "Query",
    "convert",
    "led_by",
    "take_inventory",
    "with_rates",
]
