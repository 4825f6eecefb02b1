"""Studies: which cells are run, on what data, under which settings. Frozen, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import msgspec

from rbench import bounds
from rbench.bounds import CELLS, DAYS, SEED, Bounded, Range
from rbench.cells.recipe import Recipe, default_recipes
from rbench.cells.target import Target
from rbench.compress.settings import CompressSettings
from rbench.convert.settings import ConvertSettings, PersonalSettings
from rbench.data.settings import (
    SYNTHETIC,
    DataSettings,
    ItemsSettings,
)
from rbench.encoding import ModelSettings
from rbench.errors import StudyError, choices
from rbench.evaluate.settings import EvaluateSettings
from rbench.federated.settings import FederatedSettings
from rbench.profile.settings import ProfileSettings
from rbench.records import CellName
from rbench.study.explaining import explain
from rbench.study.trainings import Trainings, federated_settings, trainings
from rbench.system.reading import kind_of
from rbench.text import naming
from rbench.train.settings import TrainSettings

BUILTIN = "default"
OWN = ("use", "train", "features", "items", "federated")
"""Keys of an ``[encoder.LABEL]`` table that are no options of the encoder."""
UNSAID = ("features", "federated", "items", "personal")
"""Tables that a run says nothing of where a study has none."""
LARGEST_BYTES = 1 << 18
"""Of a study file."""
MOST_DOTS = 1000
"""In a line of it: a key of more parts takes the parser minutes."""
LARGEST_OPTION = 2**53
"""Among an encoder's options: whole numbers up to here are the same in every reader of JSON."""


class Limits(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the app can afford; the report recommends the best cell within it."""

    size_bytes: Annotated[int | None, Range(0, 2**53)] = None
    median_us: Annotated[float | None, Range(0.0, DAYS * 1e6)] = None
    peak_memory_bytes: Annotated[int | None, Range(0, 2**53)] = None


class Study(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grid of encoders x recipes x targets over one log. The defaults are the built-in study."""

    name: str = BUILTIN
    encoders: tuple[str, ...] = ("bow", "cnn", "lstm", "gru", "attention")
    """Names of plug-ins, ``path/to/file.py:Class``, or labels of ``[encoder.LABEL]`` tables."""
    recipes: tuple[str, ...] = msgspec.field(default_factory=default_recipes)
    """By default the plain recipes of the schemes that say so."""
    targets: tuple[str, ...] = ("cpu", "xnnpack")
    seeds: Annotated[tuple[int, ...], Range(0, SEED)] = (1,)
    """Every seed is trained and scored; the first is timed and is the file to ship."""
    data: DataSettings = DataSettings()
    model: ModelSettings = ModelSettings()
    train: TrainSettings = TrainSettings()
    federated: FederatedSettings | None = None
    """How every encoder is trained once more, beside its training on the whole log: where the logs
    of users stay with them; without the table it is not."""
    compress: CompressSettings = CompressSettings()
    convert: ConvertSettings = ConvertSettings()
    personal: PersonalSettings | None = None
    """Whether files learn their user, and how fast; without the table they do not."""
    evaluate: EvaluateSettings = EvaluateSettings()
    profile: ProfileSettings = ProfileSettings()
    limits: Limits = Limits()
    stall_seconds: Annotated[float, Range(1.0, DAYS)] = 900.0
    """A job of any stage that says nothing for so long (no epoch, no users scored, no end) has
    failed, and its process is ended; the other cells go on."""
    features: dict[str, Any] = {}
    """What encoders are given beside the context: name of a feature -> whether, or its options."""
    items: ItemsSettings | None = None
    """A table of the items, whose columns are learnt with them."""
    encoder: dict[str, dict[str, Any]] = {}
    """Per encoder: its options; ``use`` names another plug-in than the label; ``train``,
    ``features`` and ``federated`` are tables that override the study's, ``items = false`` leaves
    the table of the items out, and ``federated = false`` the federated training."""

    def __post_init__(self) -> None:
        bounds.check(self)
        naming.check("name", self.name)
        for key in ("encoders", "recipes", "targets", "seeds"):
            values = getattr(self, key)
            if not values:
                raise ValueError(f"{key} must not be empty")
            if len(set(values)) != len(values):
                twice = next(value for value in values if list(values).count(value) > 1)
                raise ValueError(f"{key} names {twice!r} twice")
        cells = len(self.encoders) * len(self.recipes) * len(self.targets)
        if cells > CELLS:
            raise ValueError(f"{cells:,} cells (encoders x recipes x targets); allowed: {CELLS:,}")
        labels = [label_of(name) for name in self.encoders]
        if len(set(labels)) != len(labels):
            raise ValueError("two encoders share the label " + repr(max(labels, key=labels.count)))
        for label in labels:
            if label.endswith(".py"):
                raise ValueError(f"{label!r} names no class; allowed: path/to/file.py:Class")
            naming.check("the label of an encoder,", label)
        for label, table in self.encoder.items():
            _check_options(f"encoder.{label}", table)
        _check_options("train", self.train.loss_options)
        _check_options("features", self.features)
        if self.convert.filter_seen and self.evaluate.filter_history is False:
            raise ValueError(
                "filter_seen takes items of the context out of what files return, and "
                "filter_history = false in [evaluate] leaves them in the ranking"
            )

    @classmethod
    def read(cls, source: str | Path) -> Study:
        """The study in a TOML file, or the one that rbench ships under that name.

        Raises:
            StudyError: it is not there, is no TOML, or has a key or value that does not belong.
        """
        path = Path(source)
        if _is_file(path):
            return cls.parse(_read(path), where=str(path), folder=path.parent)
        if str(source) == BUILTIN:
            return cls()
        if str(source) in shipped():
            text = (resources.files("rbench.studies") / f"{source}.toml").read_text("utf-8")
            return cls.parse(text, where=str(source))
        kind = kind_of(path)
        raise StudyError(
            "no such study" + (f": {kind}" if kind else ""),
            where=str(source),
            allowed="a TOML file, or one of " + choices(shipped()),
        )

    @classmethod
    def parse(cls, text: str, *, where: str = "study", folder: Path | None = None) -> Study:
        """The study in a TOML text; relative paths not found here are looked up in ``folder``."""
        if any(line.count(".") > MOST_DOTS for line in text.splitlines()):
            raise StudyError(f"more than {MOST_DOTS:,} dots in a line", where=where)
        try:
            document = tomllib.loads(text)
        except RecursionError as error:
            raise StudyError("no TOML: nested too deeply", where=where) from error
        except ValueError as error:
            raise StudyError(f"no TOML: {error}", where=where) from error
        return cls.build(document, where=where, folder=folder)

    @classmethod
    def build(
        cls, document: Mapping[str, Any], *, where: str = "study", folder: Path | None = None
    ) -> Study:
        """The study of a plain mapping.

        Raises:
            StudyError, RecipeError, TargetError: naming the offending key or word.
        """
        try:
            study = msgspec.convert(document, cls)
        except msgspec.ValidationError as error:
            raise explain(error, where, cls, Limits) from error
        for key, names in (
            ("recipes", [str(Recipe.parse(name)) for name in study.recipes]),
            ("targets", [str(Target.parse(name)) for name in study.targets]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise StudyError(f"{key} means {twice!r} twice", where=where)
        unused = set(study.encoder) - set(study.encoders) - {label_of(n) for n in study.encoders}
        if unused:
            raise StudyError(
                f"options for {min(unused)!r}, which is not in encoders",
                where=where,
                allowed=choices(study.encoders),
            )
        for label, table in study.encoder.items():
            if not isinstance(table.get("use", ""), str):
                raise StudyError(f"use is no name in [encoder.{label}]", where=where)
        for name in study.encoders:
            study.train_settings(name, where=where)
            study.features_of(name, where=where)
            study.learns_items(name, where=where)
        study._check_trainings(where)
        found = study._resolved(folder) if folder else study
        try:
            msgspec.json.encode(found)
        except UnicodeEncodeError as error:
            raise StudyError(
                "a name or path holds bytes that are not UTF-8, which no record can hold",
                where=where,
                remedy="rename it, or make a link of another name to it",
            ) from error
        return found

    def narrowed(
        self,
        *,
        data: str | None = None,
        reading: Mapping[str, Any] | None = None,
        filter_history: bool | None = None,
        encoders: Sequence[str] = (),
        recipes: Sequence[str] = (),
        targets: Sequence[str] = (),
        seeds: Sequence[int] = (),
        federated: Mapping[str, Any] | None = None,
    ) -> Study:
        """This study with parts of its grid or its log replaced, as on the command line.

        Args:
            data: the log's path.
            reading: fields of `DataSettings` that replace the study's own.
            federated: fields of `FederatedSettings` that do; a study without gets them.
        """
        changes: dict[str, Any] = msgspec.to_builtins(self)
        replaced: tuple[tuple[str, Sequence[Any]], ...] = (
            ("encoders", encoders),
            ("recipes", recipes),
            ("targets", targets),
            ("seeds", seeds),
        )
        for key, values in replaced:
            if values:
                changes[key] = list(dict.fromkeys(values))
        if encoders:
            kept = {*encoders, *(label_of(name) for name in encoders)}
            changes["encoder"] = {k: table for k, table in self.encoder.items() if k in kept}
        if data is not None:
            changes["data"]["path"] = data
        changes["data"] |= reading or {}
        if federated is not None:
            changes["federated"] = {**(changes["federated"] or {}), **federated}
        if filter_history is not None:
            changes["evaluate"]["filter_history"] = filter_history
        return Study.build(changes)

    def cells(self) -> Iterator[CellName]:
        """Every cell, encoder by encoder, recipe by recipe, target by target."""
        for encoder in self.encoders:
            for label in self.trainings(encoder):
                for recipe in self.recipes:
                    for target in self.targets:
                        yield CellName(
                            encoder=label,
                            recipe=str(Recipe.parse(recipe)),
                            target=str(Target.parse(target)),
                        )

    def trainings(self, name: str, *, where: str = "study") -> Trainings:
        """How an encoder of this study is trained, by the label of what comes out."""
        federated = federated_settings(
            label_of(name),
            self._table(name).get("federated", self.federated is not None),
            self.federated,
            train=self.train_settings(name, where=where),
            items=self.learns_items(name, where=where),
            where=where,
        )
        return trainings(label_of(name), federated)

    def plugin(self, name: str) -> tuple[str, dict[str, Any]]:
        """The plug-in behind an encoder of this study, and its options."""
        table = self._table(name)
        options = {key: value for key, value in table.items() if key not in OWN}
        return str(table.get("use", name)), options

    def train_settings(self, name: str, *, where: str = "study") -> TrainSettings:
        """The training settings of an encoder of this study."""
        changes = self._table(name).get("train", {})
        try:
            return msgspec.convert({**msgspec.to_builtins(self.train), **changes}, TrainSettings)
        except (msgspec.ValidationError, TypeError) as error:
            raise StudyError(
                f"{error} - in [encoder.{label_of(name)}.train]",
                where=where,
                allowed=choices(TrainSettings.__struct_fields__),
            ) from error

    def features_of(self, name: str, *, where: str = "study") -> dict[str, dict[str, Any]]:
        """Features of an encoder of this study -> their options."""
        changes = self._table(name).get("features", {})
        label = label_of(name)
        if not isinstance(changes, dict):
            raise StudyError(
                f"features is no table in [encoder.{label}]",
                where=where,
                allowed="time_gaps = true, or a table of options",
            )
        found = {}
        for feature, value in {**self.features, **changes}.items():
            if not isinstance(value, bool | dict):
                table = f"encoder.{label}.features" if feature in changes else "features"
                raise StudyError(
                    f"{feature} is {value!r} in [{table}]",
                    where=where,
                    allowed="true, false, or a table of options",
                )
            if isinstance(value, dict) and not isinstance(value.get("use", ""), str):
                raise StudyError(f"use is no name of a feature in {feature}", where=where)
            if value is not False:
                found[feature] = {} if value is True else value
        return found

    def learns_items(self, name: str, *, where: str = "study") -> bool:
        """Whether an encoder of this study learns with the table of the items."""
        asked = self._table(name).get("items", self.items is not None)
        if not isinstance(asked, bool):
            raise StudyError(
                f"items is {asked!r} in [encoder.{label_of(name)}]",
                where=where,
                allowed="true or false: whether it learns with the study's [items]",
            )
        if asked and self.items is None:
            raise StudyError(
                f"items is true in [encoder.{label_of(name)}], and the study has no table of them",
                where=where,
                remedy='name one: [items] path = "items.csv"',
            )
        return asked

    def said(self) -> dict[str, Any]:
        """All of it, for a run; what nothing is asked of is left out."""
        known: dict[str, Any] = msgspec.to_builtins(self)
        known["convert"] = self.convert.said()
        unsaid = {key for key in UNSAID if not getattr(self, key)}
        return {key: value for key, value in known.items() if key not in unsaid}

    def _check_trainings(self, where: str) -> None:
        """Refuse too many trainings, and two of one label."""
        named = (self.trainings(name, where=where) for name in self.encoders)
        labels = [label for found in named for label in found]
        cells = len(labels) * len(self.recipes) * len(self.targets)
        if cells > CELLS:
            raise StudyError(
                f"{cells:,} cells (trainings x recipes x targets)",
                where=where,
                allowed=f"{CELLS:,}",
            )
        twice = next((label for label in labels if labels.count(label) > 1), None)
        if twice is not None:
            raise StudyError(
                f"two encoders would be called {twice!r}: one is trained federated",
                where=where,
                remedy="give the other another label",
            )

    def _table(self, name: str) -> dict[str, Any]:
        return self.encoder.get(name) or self.encoder.get(label_of(name)) or {}

    def _resolved(self, folder: Path) -> Study:
        """Paths that exist beside the study but not here are taken from beside the study."""

        def near(path: str) -> str:
            beside = folder / path
            return str(beside) if not _is_there(Path(path)) and _is_there(beside) else path

        def near_class(name: str) -> str:
            path, colon, rest = name.rpartition(":")
            return f"{near(path)}:{rest}" if colon and path.endswith(".py") else name

        path = self.data.path
        tables = {
            label: {
                key: near_class(value)
                if key == "use"
                else {**value, "loss": near_class(value["loss"])}
                if key == "train" and "loss" in value
                else value
                for key, value in table.items()
            }
            for label, table in self.encoder.items()
        }
        return msgspec.structs.replace(
            self,
            data=self.data
            if path == SYNTHETIC
            else msgspec.structs.replace(self.data, path=near(path)),
            items=msgspec.structs.replace(self.items, path=near(self.items.path))
            if self.items
            else None,
            train=msgspec.structs.replace(self.train, loss=near_class(self.train.loss)),
            encoders=tuple(near_class(name) for name in self.encoders),
            encoder=tables,
        )


def _check_options(table: str, options: object) -> None:
    """Refuse numbers that cannot travel in a document."""
    waiting = [options]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, int | float) and not abs(one) <= LARGEST_OPTION:
            raise ValueError(
                f"an option in [{table}] is no number that can be used; "
                f"allowed: numbers up to {LARGEST_OPTION:,} either way"
            )


def shipped() -> tuple[str, ...]:
    """Names of the studies that come with rbench: the built-in one, then those in its files."""
    files = resources.files("rbench.studies").iterdir()
    found = (file.name for file in files if file.name.endswith(".toml"))
    return (BUILTIN, *sorted(name.removesuffix(".toml") for name in found))


def label_of(name: str) -> str:
    """What an encoder is called in records and folders: ``path/to/file.py:Class`` -> ``Class``."""
    path, colon, class_name = name.rpartition(":")
    return class_name if colon and path.endswith(".py") else name


def _is_file(path: Path) -> bool:
    return _is_there(path) and path.is_file()


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for any file, or a folder that is closed
        return False


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise StudyError(
                "too large for a study", where=str(path), allowed=f"up to {LARGEST_BYTES:,} bytes"
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"cannot read: {error}", where=str(path)) from error
