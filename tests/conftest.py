"""Fixtures that many rooms share: a study that takes seconds, and real data where it is at hand."""

import gc
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from pathlib import Path

import hypothesis
import pytest

# Time is the machine's, not the property's: what is slow today under load must not fail.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

# TensorFlow's graphs are millions of objects that live on: to look through them for rubbish as
# often as Python does by default takes an eighth of the time of drawing them.
gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What opens a browser, or draws on a GPU that is a program, takes seconds: it is slow.

    Files with slow tests come first, so that in the end no process is left alone with a long one.
    """
    for item in items:
        if item.get_closest_marker("browser") or "software_gpu" in item.fixturenames:
            item.add_marker("slow")
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


TOGETHER = ("tests/compress/", "tests/convert/")
"""Folders whose files share what is trained and converted: one process makes it once."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """`--dist loadfile`, but that some folders stay whole, and in the order from above."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return next((folder for folder in TOGETHER if file.startswith(folder)), file)

    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.fixture
def run_lines(capsys):
    """What runs a block of a page: each line is a command, and ends with its exit code."""
    from rbench.cli import main

    def run(block):
        for line in block.splitlines():
            command, _, code = line.rpartition("#")
            with pytest.raises(SystemExit) as left:
                main(shlex.split(command)[1:])
            assert left.value.code == int(code.split(":")[0]), (line, capsys.readouterr())

    return run


SHARED = Path(__file__).resolve().parents[2] / "shared"

TINY = """
name = "tiny"
encoders = ["bow"]
recipes = ["float32", "dynamic_wi8"]
targets = ["cpu", "xnnpack"]

[data.synthetic]
users = 60
items = 40
interactions_per_user = 8

[model]
width = 8
length = 6
top_k = 20

[train]
epochs = 2
batch_size = 16

[evaluate]
bootstrap = 50

[profile]
rounds = 2
instances = 1
twins = 0
op_runs = 0
min_runs = 20
min_seconds = 0.01
warmup_runs = 2
warmup_seconds = 0.0
"""


@pytest.fixture(scope="session", autouse=True)
def own_temporary_files(tmp_path_factory):
    """What TensorFlow leaves among temporary files stays in a folder that goes with the session."""
    folder = tmp_path_factory.mktemp("t")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tiny_study(tmp_path):
    """A study file whose sweep takes seconds: one encoder, two recipes, two targets."""
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture
def own_store(tmp_path, monkeypatch):
    """An empty store, for this test and the processes that it starts."""
    folder = tmp_path / "store"
    monkeypatch.setenv("RBENCH_STORE", str(folder))
    return folder


@pytest.fixture
def command(tmp_path, own_store):
    """Runs `rbench` in a process of its own, with a store of its own, away from the checkout."""

    def run(*arguments, check=None, blocked=(), timeout=600, **options):
        lines = [
            "import sys",
            *(f"sys.modules[{name!r}] = None" for name in blocked),
            "from rbench.cli import main",
            "main()",
        ]
        process = subprocess.run(
            [sys.executable, "-P", "-c", "\n".join(lines), *map(str, arguments)],
            cwd=options.pop("cwd", tmp_path),
            env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1", **options.pop("env", {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **options,
        )
        if check is not None:
            assert process.returncode == check, process.stdout + process.stderr
        return process

    return run


@pytest.fixture(scope="session")
def movielens_small():
    """The folder of MovieLens latest-small; skips where it is not at hand."""
    folder = SHARED / "data" / "ml-latest-small"
    if not (folder / "ratings.csv").is_file():
        pytest.skip(f"no MovieLens latest-small in {folder}")
    return folder


@pytest.fixture
def software_gpu(monkeypatch):
    """Lets this test and the processes that it starts use a GPU that is a program: SwiftShader."""
    from rbench.profile.tools.litert import gpus
    from rbench.profile.tools.litert import software_gpu as found

    driver = found.driver()
    if driver is None or find_library("vulkan") is None:
        pytest.skip(f"no software GPU here: apt-get install {found.PACKAGES}")
    monkeypatch.setenv(found.VARIABLE, str(driver))
    gpus.find.cache_clear()
    yield
    gpus.find.cache_clear()


@pytest.fixture
def no_gpu(monkeypatch):
    """Hides every GPU from this test and the processes that it starts."""
    from rbench.profile.tools.litert import gpus

    monkeypatch.setenv("VK_DRIVER_FILES", os.devnull)
    gpus.find.cache_clear()
    yield
    gpus.find.cache_clear()


@pytest.fixture(scope="session")
def emulation():
    """The emulated arm64 machine. Where QEMU is and the machine's files are not, they are fetched,
    once; skips where they cannot be.
    """
    from rbench.errors import Unsupported
    from rbench.profile.tools.aarch64 import sysroot

    try:
        return sysroot.find("")
    except Unsupported as error:
        if sysroot.emulator() is None:
            pytest.skip(f"{error}")
    import fcntl

    words = (sys.executable, "-P", "-m", "rbench", "tool", "fetch", sysroot.NAME)
    sysroot.home().parent.mkdir(parents=True, exist_ok=True)
    with sysroot.home().with_name(".fetching").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker of this session may want it, too
        try:
            subprocess.run(words, capture_output=True, timeout=180, check=False)
            return sysroot.find("")
        except (subprocess.TimeoutExpired, Unsupported) as error:
            pytest.skip(f"no machine to emulate: {error}")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """One headless Chromium for all tests that open a page; each opens a context of its own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(chromium).exists():
        pytest.skip(f"no chromium at {chromium}: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serious() -> Callable[..., list[str]]:
    """What axe-core finds on a page: its serious and critical violations."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    axe = (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

    def found(page, where: str = "document", rules: tuple[str, ...] = ()) -> list[str]:
        """All rules, or some. A broken axe says nothing: it has to have passed something."""
        page.evaluate(axe)
        # What is not laid out yet is read, too.
        page.evaluate(
            "for (const one of document.querySelectorAll('.long')) "
            "one.style.contentVisibility = 'visible'"
        )
        only = f"runOnly: {list(rules)}," if rules else ""
        passed, violations = page.evaluate(
            f"axe.run({where}, {{{only} resultTypes: ['violations']}}).then(found => ["
            "found.passes.map(one => one.id),"
            "found.violations.map(one => [one.impact, one.id, one.nodes[0].html.slice(0, 200)])])"
        )
        assert set(rules) <= {*passed, *(rule for _, rule, _ in violations)}
        assert len(passed) > (15 if where == "document" and not rules else 0)
        return [f"{rule}: {html}" for impact, rule, html in violations if impact in SERIOUS]

    return found


SERIOUS = ("serious", "critical")
