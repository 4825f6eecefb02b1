"""What is wrong in a study's document, in words of its reader."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from rbench.compress.settings import CompressSettings
from rbench.convert.settings import ConvertSettings, PersonalSettings
from rbench.data.settings import DataSettings, ItemColumn, ItemsSettings, SyntheticSettings
from rbench.encoding import ModelSettings
from rbench.errors import StudyError, choices
from rbench.evaluate.settings import EvaluateSettings
from rbench.federated.settings import FederatedSettings
from rbench.profile.settings import ProfileSettings
from rbench.train.settings import TrainSettings

SECTIONS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        DataSettings,
        ItemColumn,
        ItemsSettings,
        SyntheticSettings,
        ModelSettings,
        TrainSettings,
        FederatedSettings,
        CompressSettings,
        ConvertSettings,
        PersonalSettings,
        EvaluateSettings,
        ProfileSettings,
    )
}


def explain(error: msgspec.ValidationError, where: str, study: Any, *more: type[Any]) -> StudyError:
    """msgspec's message with the key as a TOML reader knows it and what would be allowed there.

    Args:
        study: the document's type.
        more: types of its tables, besides `SECTIONS`.
    """
    sections = SECTIONS | {one.__name__: one for one in more}
    message, _, path = str(error).partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    kind = study
    for part in key.split(".") if key else ():
        name = part.partition("[")[0]
        annotation = kind.__annotations__.get(name) if hasattr(kind, "__annotations__") else None
        words = re.findall(r"\w+", str(annotation))
        kind = next((sections[word] for word in words if word in sections), kind)
    unknown = "unknown field" in message
    return StudyError(
        f"{message}" + (f" in [{key}]" if key and unknown else f" at {key}" if key else ""),
        where=where,
        allowed=choices(kind.__struct_fields__) if unknown else "",
        remedy="" if unknown else "see docs/design.md for the keys of a study",
    )
