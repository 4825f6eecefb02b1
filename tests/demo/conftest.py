"""A run whose files answer, and the runtime: a real one, or a few bytes in its place."""

import pytest

from rbench import litertjs
from rbench.errors import ToolError
from rbench.testing.answering import answering_run


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return answering_run(tmp_path_factory.mktemp("demo") / "run", encoders=("bow", "lstm"))


@pytest.fixture
def no_runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("RBENCH_LITERTJS", str(tmp_path / "nowhere"))


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """What looks like the runtime; nothing here runs it."""
    folder = tmp_path / "runtime"
    texts = {
        "core/dist/index.js": 'import { createWasmLib } from "@litertjs/wasm-utils";\n'
        'var text = "</script><!--";\nexport {\n  text\n};\n',
        "wasm-utils/dist/bundle.js": "var createWasmLib;\nexport {\n  createWasmLib\n};",
        "core/wasm/litert_wasm_compat_internal.js": "self.ModuleFactory = 1;",
        "core/wasm/litert_wasm_compat_internal.wasm": "\0asm",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    found = litertjs.Runtime(folder, "00")
    monkeypatch.setattr(litertjs, "fetched", lambda: found)
    return found


@pytest.fixture(scope="session")
def real_runtime():
    try:
        return litertjs.fetched()
    except ToolError as error:
        pytest.skip(str(error))
