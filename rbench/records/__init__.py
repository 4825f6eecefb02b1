"""Records: what cells leave behind, and how it lies in a folder. No TensorFlow, no store needed.

Exported are the documents; how they lie in a folder, and are read and written, says
`rbench.records.run_folder`.
"""

from rbench.records.documents import (
    MOST_TEXTS,
    SCHEMA,
    CellName,
    Check,
    DataSummary,
    Delegation,
    Document,
    Estimate,
    Items,
    Machine,
    ModelFile,
    Parity,
    Quality,
    Reading,
    Record,
    Replicate,
    Run,
    RunInfo,
    State,
    Timed,
    Timing,
    Verdict,
    artefacts_of,
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
    "State",
    "Timed",
    "Timing",
    "Verdict",
    "artefacts_of",
]
