"""What a module is made of: the files that its imports lead to, and what in them counts."""

import pytest

from rbench.system.closure import closure, digest, file_of

FILES = {
    "room": "room/__init__",
    "other": "other/__init__",
    "one": "room/one",
    "two": "room/two",
}
"""Keyword of `Package.write` -> file, where that is another."""


@pytest.fixture
def package(tmp_path):
    """A package ``pack`` to write files into; what is written without a body is empty."""

    class Package:
        folders = {"pack": [tmp_path / "pack"]}  # noqa: RUF012

        def write(self, **files):
            for name, text in files.items():
                path = tmp_path / "pack" / (FILES.get(name, name) + ".py")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            for folder in (tmp_path / "pack", *(tmp_path / "pack").rglob("*/")):
                (folder / "__init__.py").touch()

        def closure(self, name="a"):
            return {found.removeprefix("pack.") for found in closure(f"pack.{name}", self.folders)}

        def digest(self, name="a"):
            return digest(closure(f"pack.{name}", self.folders))

    (tmp_path / "pack").mkdir()
    return Package()


@pytest.mark.parametrize(
    "text",
    [
        "import pack.b",
        "import pack.b as other",
        "from pack import b",
        "from pack.b import thing",
        "from pack.b import *",
        "from . import b",
        "from .b import thing",
        "def f():\n    from pack.b import thing\n",
        "class C:\n    import pack.b\n",
        "try:\n    import pack.b\nexcept ImportError:\n    pass\n",
        "if x:\n    import pack.b\nelse:\n    import os\n",
        "CHILD = 'pack.b'",
        "start(f(1, module='pack.b'))",
        "if TYPE_CHECKING:\n    import os\nelse:\n    import pack.b\n",
    ],
)
def test_an_import_is_followed(package, text):
    package.write(a=text, b="import pack.c", c="thing = 1", d="")
    assert package.closure() == {"a", "b", "c"}


@pytest.mark.parametrize(
    "text",
    [
        "if TYPE_CHECKING:\n    from pack.b import thing\n",
        "if typing.TYPE_CHECKING:\n    import pack.b\n",
        '"""Like pack.b."""',
        "# import pack.b",
        "import other.b, json",
        "CHILD = 'see pack.b'",
        "GROUP = 'pack.room'",
    ],
)
def test_anything_else_is_not(package, text):
    package.write(a=text, b="thing = 1", room="")
    assert package.closure() == {"a"}


def test_a_name_is_followed_to_where_it_is_defined(package):
    package.write(
        a="from pack.room import thing",
        room="from pack.room.one import thing\nfrom pack.room.two import other",
        one="from pack.far import thing",
        two="",
        far="thing = 1",
    )
    assert package.closure() == {"a", "room.one", "far"}


def test_a_package_is_followed_whole_where_it_is_used_as_such(package):
    package.write(
        a="from pack import room\nroom.thing()",
        room="from pack.room.one import thing\nfrom pack.room.two import other",
        one="",
        two="",
    )
    assert package.closure() == {"a", "room", "room.one", "room.two"}


def test_a_name_that_the_package_makes_itself_is_in_the_package(package):
    package.write(
        a="from pack.room import made",
        room="from pack.room.one import thing\nmade = thing()",
        one="",
    )
    assert package.closure() == {"a", "room", "room.one"}


def test_relative_imports_of_a_package_begin_at_itself(package):
    package.write(a="from pack import room", room="from . import one", one="")
    assert package.closure() == {"a", "room", "room.one"}


def test_circles_come_to_an_end(package):
    package.write(
        a="import pack.b",
        b="import pack.a\nfrom pack.room import x",
        room="from pack.other import x",
        other="from pack.room import x",
    )
    assert {"a", "b"} <= package.closure()


def test_what_is_not_there_has_no_files(package):
    package.write(a="import pack.gone\nfrom pack.gone import thing")
    assert package.closure() == {"a"}
    assert package.closure("gone") == set()
    assert file_of("elsewhere.a", package.folders) is None


def test_a_file_that_is_no_python_counts_as_it_is(package):
    package.write(a="import pack.b", b="def (:")
    before = package.digest()
    package.write(b="def (:  # changed")
    assert package.closure() == {"a", "b"}
    assert package.digest() != before


BODY = '"""Said."""\n\ndef f(x):\n    """Doubles."""\n    return 2 * x\n'


@pytest.mark.parametrize(
    "text",
    [
        BODY.replace("Doubles", "Gives twice as much"),
        BODY.replace("Said.", "Else."),
        BODY + "# a comment\n",
        BODY.replace("2 * x", "(\n        2 * x\n    )"),
        BODY.replace('    """Doubles."""\n', ""),
    ],
)
def test_words_and_layout_do_not_count(package, text):
    package.write(a="import pack.b", b=BODY)
    before = package.digest()
    package.write(b=text)
    assert package.digest() == before


@pytest.mark.parametrize(
    "text",
    [
        BODY.replace("2 * x", "2 + x"),
        BODY.replace("2 * x", "2.0 * x"),
        BODY.replace("def f(x)", "def f(x=0)"),
        BODY.replace("return 2", "return 3"),
        BODY + "f(1)\n",
        BODY.replace("return 2 * x", "return 'Doubles.'"),
    ],
)
def test_anything_that_it_does_counts(package, text):
    package.write(a="import pack.b", b=BODY)
    before = package.digest()
    package.write(b=text)
    assert package.digest() != before


def test_a_module_of_another_name_is_another(package):
    package.write(a="import pack.b", b=BODY, c=BODY)
    before = package.digest()
    package.write(a="import pack.c")
    assert package.digest() != before
    assert package.digest("b") != package.digest("c")
