"""The Kotlin client and the sample app's logic on a JVM, compiled once against a stand-in of
LiteRT's API, whose answers are the file's own: see clients/android/jvm.

The compiler is npm's ``kotlin-compiler``: that of ``KOTLIN_COMPILER``, a folder with
``lib/kotlin-compiler.jar``, or one of a pinned version that npm brings into the user's cache, once.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from rbench.ship import ship
from rbench.ship.clients import client as python
from rbench.testing import damage
from rbench.testing.answering import answering_run
from rbench.testing.damage import rewrite, seal

pytestmark = pytest.mark.slow

VERSION = "2.4.20"
ROOT = Path(__file__).parents[2]
ANDROID = ROOT / "clients" / "android"
APP = ANDROID / "app" / "src" / "main" / "kotlin" / "org" / "rbench" / "sample"
SOURCES = (
    ROOT / "rbench" / "ship" / "clients" / "Recommender.kt",
    *(ANDROID / "jvm" / name for name in ("Interpreter.kt", "Driver.kt", "App.kt")),
    *(APP / name for name in ("Taps.kt", "Catalogue.kt", "Session.kt")),
)
"""All but the screen, which needs Android."""
JAVA = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


def libraries():
    """The compiler's; skips where there is none and npm cannot bring one."""
    if shutil.which("java") is None:
        pytest.skip("no java here")
    named = os.environ.get("KOTLIN_COMPILER")
    cache = platformdirs.user_cache_path("rbench") / f"kotlin-compiler-{VERSION}"
    folder = Path(named) if named else cache / "node_modules" / "kotlin-compiler"
    if not named and not (folder / "lib").is_dir():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no Kotlin compiler: no npm here, and KOTLIN_COMPILER names none")
        cache.mkdir(parents=True, exist_ok=True)
        words = ("install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(cache))
        command = [npm, *words, f"kotlin-compiler@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot bring kotlin-compiler: {done.stderr[-200:]}")
    if not (folder / "lib" / "kotlin-compiler.jar").is_file():
        pytest.skip(f"no Kotlin compiler in {folder}")
    return folder / "lib"


def compiled(to):
    """A jar of all that needs no Android; warnings are errors."""
    jar, place = to / "client.jar", str(libraries() / "kotlin-compiler.jar")
    words = ("-no-reflect", "-Werror", "-d", str(jar), *map(str, SOURCES))
    main = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
    command = ["java", *JAVA, "-cp", place, main, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return jar


def run(jar, orders):
    """One line an order, see Driver.kt."""
    lines = ["\t".join(map(str, order)) for order in orders]
    places = os.pathsep.join([str(jar), str(libraries() / "kotlin-stdlib.jar")])
    given = {"rbench.python": sys.executable, "rbench.runtime": ANDROID / "jvm" / "runtime.py"}
    properties = [f"-D{name}={value}" for name, value in given.items()]
    done = subprocess.run(
        ["java", *JAVA, "-Dfile.encoding=UTF-8", *properties, "-cp", places, "rbench.DriverKt"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = done.stdout.splitlines()
    assert len(found) == len(lines), done.stdout + done.stderr
    return found


@pytest.fixture(scope="module")
def jar(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("kotlin"))


@pytest.fixture
def tell(jar):
    """What the client says to orders, one JVM for all of them."""
    return lambda *orders: run(jar, orders)


def row(answer):
    """As the driver writes it; scores apart."""
    columns = (answer.items, answer.ids, answer.titles, answer.unknown)
    return [",".join(map(str, column)) for column in columns], answer.missing


def read(line):
    items, ids, titles, scores, unknown, missing = line.split(";")
    return ([items, ids, titles, unknown], int(missing)), [float(s) for s in scores.split(",") if s]


def test_the_selftest_passes_on_every_kind_of_file(made, tell, tmp_path):
    """Float, dynamic and static; and the one file with a ZIP behind the model."""
    bundles = [
        ship(made, tmp_path / recipe, f"bow/{recipe}").to
        for recipe in ("float32", "dynamic_wi8", "static_wi8_ai8")
    ]
    one = ship(made, tmp_path / "one.tflite", "bow/dynamic_wi8", single_file=True).to
    assert tell(*((bundle, "selftest") for bundle in (*bundles, one))) == [""] * 4


def test_it_says_what_the_python_client_says(bundle, tell):
    opened = python.Recommender(bundle)
    items, _ = opened.raw(opened.context([1, 2]))
    histories = [[], [5], [7, 8, 9, 10, 11, 12, 13, 14], [*range(1, 7)], [*items, 1, 2]]
    orders = [(bundle, "recommend", ",".join(map(str, one)), 10) for one in histories]
    *answers, unknown, context = tell(
        *orders,
        (bundle, "recommendIds", "item-3,nobody", 2),
        (bundle, "context", "1,2,3,4,5,6,7"),
    )
    for history, line in zip(histories, answers, strict=True):
        wanted = opened.recommend(history, 10)
        found, scores = read(line)
        assert found == row(wanted)
        assert scores == pytest.approx(wanted.scores, abs=1e-4)
    assert read(unknown)[0] == row(opened.recommend_ids(["item-3", "nobody"], 2))
    assert context == "2,3,4,5,6,7"


def test_each_damage_is_said_with_its_cause(bundle, tell, tmp_path):
    """One JVM for all: a folder each."""

    def damaged(name, change):
        copy = shutil.copytree(bundle, tmp_path / name)
        change(copy)
        return copy

    def sealed_table(copy):
        damage.swap_table(copy)
        seal(copy, "model.tflite", "model")

    def sealed_names(copy):
        damage.turn_names(copy)
        seal(copy, "items.json", "items")

    def no_json(copy):
        (copy / "items.json").write_bytes(b"{")

    def no_model(copy):
        (copy / "model.tflite").unlink()

    def newer(copy):
        rewrite(copy, "contract.json", lambda known: known.update(schema=9))

    expected = {
        "corrupt": (damage.corrupt_model, "the model is not the one that was shipped"),
        "cut": (damage.cut_model, "the model is cut off: 5000 of 15712 bytes"),
        "table": (damage.swap_table, "the model is not the one that was shipped"),
        "sealed table": (sealed_table, "golden questions are answered otherwise"),
        "fewer names": (damage.lose_name, "items.json is stale: it names 499 items"),
        "sealed names": (sealed_names, "items.json is stale: it calls item"),
        "split": (damage.swap_split, "it belongs to another split of the log"),
        "no json": (no_json, "items.json is no JSON"),
        "no model": (no_model, "no model.tflite that can be read"),
        "newer": (newer, "contract.json: schema 9, not 1"),
    }
    folders = {name: damaged(name, change) for name, (change, _) in expected.items()}
    said = tell(*((folder, "selftest") for folder in folders.values()))
    for (name, (_, cause)), line in zip(expected.items(), said, strict=True):
        assert cause in line, f"{name}: {line}"
    opened = tell(
        *((folders[name], "recommend", "3", 10) for name in ("corrupt", "table", "split"))
    )
    assert all(line.startswith("error: BundleException: ") for line in opened)


def test_wrong_words_are_errors_in_a_sentence(bundle, tell):
    said = tell(
        (bundle, "recommend", "501", 10),
        (bundle, "recommend", "0", 10),
        (bundle, "recommend", "3", 31),
    )
    assert "no index of an item: 501; allowed: 1 to 500" in said[0]
    assert "no index of an item: 0" in said[1]
    assert "k must be from 1 to 30, not 31" in said[2]


def test_columns_become_what_python_makes_of_them(columned, tell):
    columns = {
        "rating": [0, 0.5, 4, 9.5],
        "event": ["buy", "view", "x", 7],
        "dwell": [-1, 0, 30, 900],
    }
    opened, history = python.Recommender(columned), [3, 1, 2, 4]
    short = json.dumps({**columns, "event": ["buy"]})
    selftest, beside, answer, *wrong = tell(
        (columned, "selftest"),
        (columned, "beside", "3,1,2,4", json.dumps(columns)),
        (columned, "recommend", "3,1,2,4", 3, json.dumps(columns)),
        (columned, "recommend", "3,1,2,4", 3),
        (columned, "recommend", "3,1,2,4", 3, short),
        (columned, "recommend", "3,1,2,4", 3, json.dumps({**columns, "dwell": ["a", 2, 3, 4]})),
        (columned, "recommend", "3,1,2,4", 3, json.dumps({**columns, "price": history})),
    )
    assert selftest == ""
    found = {
        name: json.loads(f"[{row}]") for name, row in (one.split("=") for one in beside.split(";"))
    }
    wanted = opened.beside(history, None, columns=columns)
    assert found == {name: pytest.approx(row) for name, row in wanted.items()}
    assert read(answer)[0] == row(opened.recommend(history, 3, columns=columns))
    assert [one.rpartition(": ")[2] if "say" not in one else one for one in wrong] == [
        "error: IllegalArgumentException: the model takes dwell: say it of each item, columns",
        "1 event for 4 items",
        "a",
        "the model takes no price",
    ]


@pytest.mark.parametrize("state", ["variable", "tensor"])
def test_it_learns_what_the_python_client_learns(state, tell, tmp_path):
    folder = answering_run(tmp_path / "run", recipes=("float32",), personal=state)
    bundle = ship(folder, tmp_path / "bundle").to
    opened, session = python.Recommender(bundle), python.Session()
    before = opened.recommend([3, 9]).items
    for item in (20, 21, 20):
        opened.learn(session, [3, 9], item)
    after = opened.recommend([3, 9], session=session).items
    selftest, said = tell((bundle, "selftest"), (bundle, "learn", "3,9", "20,21,20"))
    assert selftest == ""
    learnt, user, forgotten, nothing = said.split(";")
    assert learnt == ",".join(map(str, after)) != ",".join(map(str, before))
    assert [float(number) for number in user.split(",")] == pytest.approx(session.user, abs=1e-5)
    assert forgotten == ",".join(map(str, before))
    assert nothing == ""


def test_the_sample_app_taps(bundle, tell, tmp_path):
    """What is listed after each tap is what the Python client says of the history, newest kept and
    nothing seen in it.
    """
    opened = python.Recommender(bundle)
    history = tmp_path / "history.txt"
    taps = [f"item-{number}" for number in range(1, 9)]
    orders = [f"touch={one}" for one in taps]
    orders += ["touch=item-2", "remove=item-5", "reopen", "search=ITÉM-49", "forget"]
    (line,) = tell((bundle, "app", history, *orders))
    *said, last = line.split(" | ")
    known = []
    for order, told in zip(orders[:11], said, strict=False):
        word, _, one = order.partition("=")
        known = [other for other in known if other != one]
        known += [one] if word == "touch" else []
        touched, listed, missing = told.split(";")
        assert touched.split(",") == known[::-1]
        wanted = opened.recommend_ids(known, 10)
        assert listed.split(",") == wanted.ids
        assert int(missing) == wanted.missing
        assert not set(listed.split(",")) & set(known)
    found = [one for one in opened.ids if "49" in one]
    found.sort(key=lambda one: not one.startswith("item-49"))
    assert said[11].split(",") == found
    assert said[12] == ";;-"
    assert not history.exists()
    assert last.startswith("read on recommender; "), "the files are read on the screen's thread"


def test_the_sample_app_paints_the_last_of_a_burst(bundle, tell, tmp_path):
    """Taps faster than answers: none is lost, what a later one overtook is not shown."""
    history = tmp_path / "history.txt"
    (line,) = tell((bundle, "app", history, "burst=" + ",".join(f"item-{n}" for n in range(1, 40))))
    shown, last = line.split(" | ")
    assert shown.split(";")[0].split(",") == [f"item-{n}" for n in range(39, 0, -1)]
    assert int(last.rpartition("painted ")[2].split()[0]) < 39
    assert history.read_text().split() == [f"item-{n}" for n in range(1, 40)]


def test_the_sample_app_says_what_is_wrong_with_its_bundle(bundle, tell, tmp_path):
    damage.corrupt_model(bundle)
    (line,) = tell((bundle, "app", tmp_path / "history.txt", "touch=item-3"))
    assert line.startswith("failed: the model is not the one that was shipped")
