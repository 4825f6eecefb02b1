"""What docs/features.md and docs/writing-a-feature.md say is so."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from rbench.cli.list import command as listing
from rbench.study import Study
from rbench.testing import check_feature

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", blocks("features.md", "toml"))
def test_the_studies_are_studies(text):
    study = Study.build(tomllib.loads(text))
    given = [study.features_of(name) for name in study.encoders]
    assert {} not in given or study.items or {"time_gaps": {}} in given


def test_an_encoder_may_have_features_of_its_own():
    (study,) = [
        Study.build(tomllib.loads(text))
        for text in blocks("features.md", "toml")
        if "lru_timed" in text
    ]
    assert study.features_of("lru") == {}
    assert study.features_of("lru_timed") == {"time_gaps": {}}
    assert study.plugin("lru_timed") == ("lru", {})


def test_features_are_listed():
    commands = re.findall(r"`rbench ([^`]*)`", (DOCS / "features.md").read_text("utf-8"))
    assert commands == ["list features"]
    done = CliRunner().invoke(listing, ["features", "--json"])
    assert [row["name"] for row in json.loads(done.output)] == ["time_gaps"]


def test_the_example_keeps_the_contract():
    pytest.importorskip("tf_keras", reason="drawing a graph needs rbench[sweep]")
    (source, _) = blocks("writing-a-feature.md", "python")
    known: dict[str, object] = {"__name__": "night"}
    exec(source, known)
    check_feature(known["Night"]())
