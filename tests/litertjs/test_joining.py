"""Two packages as one text."""

import pytest

from rbench.errors import ToolError
from rbench.litertjs import Runtime, module, script


@pytest.fixture
def runtime(tmp_path, files_of_packages):
    for folder, files in zip(("core", "wasm-utils"), files_of_packages, strict=True):
        for name, text in files.items():
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text(text)
    return Runtime(tmp_path, "00")


def test_neither_imports_nor_maps_are_left(runtime):
    for text in (module(runtime), script(runtime)):
        assert "import" not in text
        assert "sourceMapping" not in text
        assert text.index("function createWasmLib") < text.index("var answer")
    assert module(runtime).endswith("export { answer };\n")
    assert "export" not in script(runtime)
    assert script(runtime, "Name").startswith("self.Name = ")


def test_a_runtime_of_another_form_is_told(runtime):
    path = runtime.path(0, "dist/index.js")
    path.write_text(path.read_text().replace("import {", "import * as x; {"))
    with pytest.raises(ToolError, match="that rbench knows"):
        module(runtime)
