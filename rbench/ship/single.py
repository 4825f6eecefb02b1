"""One file that is both: a .tflite that runtimes read from its front, and a ZIP that is read from
its end.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

STAMP = (1980, 1, 1, 0, 0, 0)
"""The same content gives the same bytes."""


def with_archive(model: bytes, files: Mapping[str, bytes]) -> bytes:
    """The model's bytes as they are, and the files as a ZIP behind them.

    Offsets in the ZIP count from the start of the whole file, as ``unzip`` and ``zipfile`` expect.
    """
    whole = io.BytesIO(model)
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return whole.getvalue()
