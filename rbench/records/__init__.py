"""Records: what cells leave behind, and how it lies in a folder. No TensorFlow, no store needed.

Exported are the documents; how they lie in a folder, and are read and written, says
`rbench.records.run_folder`.
"""

from rbench.records.document import MOST_TEXTS, SCHEMA, Document
from rbench.records.documents import (
    CellName,
    Items,
    Machine,
    ModelFile,
    Record,
    Replicate,
    Run,
    RunInfo,
    State,
    artefacts_of,
)
from rbench.records.log import DataSummary, Reading
from rbench.records.scores import (
    Estimate,
    Parity,
    Quality,
    Slice,
    StreamGain,
    StreamQuality,
    TapQuality,
)
from rbench.records.timings import (
    Check,
    Delegation,
    Stability,
    TapTiming,
    Timed,
    Timing,
    UpdateTiming,
)

__all__ = [
    "MOST_TEXTS",
    "SCHEMA",
    "CellName",
    "Check",
    "DataSummary",
    "Delegation",
    "Document",
    "Estimate",
    "Items",
    "Machine",
    "ModelFile",
    "Parity",
    "Quality",
    "Reading",
    "Record",
    "Replicate",
    "Run",
    "RunInfo",
    "Slice",
    "Stability",
    "State",
    "StreamGain",
    "StreamQuality",
    "TapQuality",
    "TapTiming",
    "Timed",
    "Timing",
    "UpdateTiming",
    "artefacts_of",
]
