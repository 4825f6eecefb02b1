"""What docs/features.md and docs/writing-a-feature.md say is so."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from rbench.cli.list import command as listing
from rbench.cli.ship import command as shipping
from rbench.cli.update import command as update
from rbench.gate.budget import parse_budget
from rbench.study import Study
from rbench.testing import check_feature

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


STUDIES = [text for text in blocks("features.md", "toml") if "update_bytes" not in text]


@pytest.mark.parametrize("text", STUDIES)
def test_the_studies_are_studies(text):
    study = Study.build(tomllib.loads(text))
    given = [study.features_of(name) for name in study.encoders]
    assert {} not in given or study.items or {"time_gaps": {}} in given


def test_an_encoder_may_have_features_of_its_own():
    (study,) = [Study.build(tomllib.loads(text)) for text in STUDIES if "lru_timed" in text]
    assert study.features_of("lru") == {}
    assert study.features_of("lru_timed") == {"time_gaps": {}}
    assert study.plugin("lru_timed") == ("lru", {})


def test_features_are_listed():
    commands = re.findall(r"`rbench ([^`]*)`", (DOCS / "features.md").read_text("utf-8"))
    assert commands == ["list features"]
    done = CliRunner().invoke(listing, ["features", "--json"])
    assert sorted(row["name"] for row in json.loads(done.output)) == [
        "category",
        "number",
        "time_gaps",
    ]


def test_the_example_keeps_the_contract():
    pytest.importorskip("tf_keras", reason="drawing a graph needs rbench[sweep]")
    (source, _) = blocks("writing-a-feature.md", "python")
    known: dict[str, object] = {"__name__": "night"}
    exec(source, known)
    check_feature(known["Night"]())


def test_the_budget_is_one_and_the_commands_have_their_options():
    (text,) = [text for text in blocks("features.md", "toml") if text not in STUDIES]
    assert parse_budget(text).update_bytes == 20_000
    (lines,) = blocks("features.md", "sh")
    found = [shlex.split(line)[1:] for line in lines.splitlines()]
    assert [words[0] for words in found] == ["update", "ship"]
    for name, *words in found:
        command = {"update": update, "ship": shipping}[name]
        given = command.make_context(name, list(words)).params
        assert str(given["to"]) in words
