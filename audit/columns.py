"""The words a model uses to say what the log must know of each column."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlalchemy import String, event, inspect
from sqlalchemy.orm import MappedColumn, Mapper, mapped_column

from audit.base import Base, BigId

T = TypeVar("T")

Kind = Literal["key", "fixed", "state", "secret", "derived", "unlogged"]


class UndeclaredColumn(Exception):
    """A mapped column does not say what the log must know of it."""


class DerivedReadsUnfolded(Exception):
    """A derived column's function reads something that the log does not hold."""


@dataclass(frozen=True)
class Watch:
    """How the witness treats a column, and why it may look away."""

    kind: Kind
    reason: str = ""
    derive: Callable[[Mapping[str, Any]], Any] | None = None
    is_file: bool = False  #: holds the digest of a file whose bytes are stored
    words: str | None = ""  #: what a person calls it, where its name says it badly; None: it goes without saying


def key() -> MappedColumn[Any]:
    """The row's number."""
    return mapped_column(BigId, primary_key=True, info={"audit": Watch("key")})


def fixed(*args: Any, words: str | None = "", **options: Any) -> MappedColumn[Any]:
    """Set at birth and never again; `words` are for the log's pages."""
    return _watched(Watch("fixed", words=words), args, options)


def state(*args: Any, words: str | None = "", **options: Any) -> MappedColumn[Any]:
    """Changes in the course of life; each change is claimed by some event; `words` are for the log's pages."""
    return _watched(Watch("state", words=words), args, options)


def file_digest() -> MappedColumn[Any]:
    """Set at birth: the SHA-256 of a file's bytes, which `audit.files` holds."""
    return _watched(Watch("fixed", is_file=True), (String(64),), {})


def secret(*args: Any, **options: Any) -> MappedColumn[Any]:
    """As state, but the log holds a keyed digest, never the value."""
    return _watched(Watch("secret"), args, options)


def derived(derive: Callable[[Mapping[str, Any]], Any], *args: Any, **options: Any) -> MappedColumn[Any]:
    """Computed from the row's logged columns alone; replay runs the function and compares."""
    return _watched(Watch("derived", derive=derive), args, options)


def unlogged(reason: str, *args: Any, **options: Any) -> MappedColumn[Any]:
    """Left out of the log for one of the reasons on the house's closed list."""
    return mapped_column(*args, info={"audit": Watch("unlogged", reason)}, **options)


def _watched(watch: Watch, args: tuple[Any, ...], options: dict[str, Any]) -> MappedColumn[Any]:
    # active_history: else an expired attribute is overwritten with its old value unread, and the log would lie.
    return mapped_column(*args, info={"audit": watch}, active_history=True, **options)


def _per_model(function: Callable[[type[Base]], T]) -> Callable[[type[Base]], T]:
    # Told once per class, as flushes ask for every row.
    answers: dict[type[Base], T] = {}

    def answer(model: type[Base]) -> T:
        if model not in answers:
            answers[model] = function(model)
        return answers[model]

    return answer


@_per_model
def watches(model: type[Base]) -> dict[str, Watch]:
    """Every column of a model with what it declares, by attribute name; raises UndeclaredColumn."""
    found: dict[str, Watch] = {}
    for attribute in inspect(model).column_attrs:
        watch = attribute.columns[0].info.get("audit")
        if watch is None and model.__unlogged__ is not None:
            watch = Watch("unlogged", model.__unlogged__)
        if watch is None:
            raise UndeclaredColumn(
                f"{model.__name__}.{attribute.key} is neither key, fixed, state, secret, derived nor unlogged"
            )
        found[attribute.key] = watch
    return found


@_per_model
def logged_columns(model: type[Base]) -> dict[str, Kind]:
    """The columns whose values the log carries (key aside), by attribute name."""
    return {name: watch.kind for name, watch in watches(model).items() if watch.kind in ("fixed", "state", "secret")}


@_per_model
def derived_columns(model: type[Base]) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
    """The functions of a model's derived columns."""
    return {name: watch.derive for name, watch in watches(model).items() if watch.derive is not None}


@_per_model
def is_audited(model: type[Base]) -> bool:
    """Whether changes of this model's rows must be claimed by events."""
    return bool(logged_columns(model))


def audited_models() -> Iterator[type[Base]]:
    """All models with logged columns, by name."""
    models = (mapper.class_ for mapper in Base.registry.mappers)
    yield from sorted(
        (model for model in models if is_audited(model)),
        key=lambda model: model.__name__,
    )


class FoldedRow(Mapping[str, Any]):
    """What a derived column may look at: the row's logged columns, and nothing else."""

    def __init__(self, model: type[Base], values: Mapping[str, Any]) -> None:
        self._model = model
        self._values = values

    def __getitem__(self, name: str) -> Any:
        kind = logged_columns(self._model).get(name)
        if kind not in ("fixed", "state"):
            raise DerivedReadsUnfolded(
                f"{self._model.__name__}: a derived column reads {name!r}, which the log does not hold"
            )
        return self._values.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(logged_columns(self._model))

    def __len__(self) -> int:
        return len(logged_columns(self._model))


def _fill_derived(mapper: Mapper[Any], _connection: Any, row: Base) -> None:
    model = mapper.class_
    functions = derived_columns(model)
    if not functions:
        return
    folded = FoldedRow(model, {name: getattr(row, name) for name in logged_columns(model)})
    for name, derive in functions.items():
        value = derive(folded)
        if getattr(row, name) != value:
            setattr(row, name, value)


event.listen(Base, "before_insert", _fill_derived, propagate=True)
event.listen(Base, "before_update", _fill_derived, propagate=True)
