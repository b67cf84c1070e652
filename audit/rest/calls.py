"""The recorder: each call of the API is declared once, where it is written, and everything else reads it from here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel

from audit.rest.echoes import model_of
from audit.rest.shapes import Paged, Query

View = TypeVar("View", bound=Callable[..., Any])


class NoQuery(Query):
    """Nothing may stand behind the question mark."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One method on one path: what goes in, what comes out, who may, and which events it writes."""

    resource: "Resource"
    method: str
    path: str  #: below /api, `/tickets/<number:ticket_id>`
    run: Callable[..., Any]
    needs: str  #: the action that the caller's role must allow
    query: type[Query]
    body: Any  #: a model, a list of one, or None
    must_have_body: bool
    status: int
    gives: Any  #: what is answered: a model, a list of one; None: an empty body
    is_list: bool  #: a part of a list, in the envelope of lists
    writes: tuple[str, ...]  #: event types, in order, of the sample below
    sample: Any  #: a body that works
    asking: str  #: a query that works
    is_ours: bool  #: not of the public API
    reads: bool  #: whether it changes nothing
    form: str  #: what curl is given to send files; "" where JSON is sent
    as_shown: Callable[..., Any] | None  #: what a PUT changes, as it is shown, where no GET of its own shows it

    @property
    def endpoint(self) -> str:
        """Its name among the application's routes."""
        return f"{self.resource.name}_{self.run.__name__}"

    @property
    def says(self) -> str:
        """What it does, in a sentence."""
        return " ".join((self.run.__doc__ or "").split())

    @property
    def scope(self) -> str:
        """What an application that acts for somebody must have been allowed; "" where what is sent decides it."""
        return f"{self.resource.scope}:{'read' if self.reads else 'write'}" if self.resource.scope else ""

    @cached_property
    def look(self) -> Callable[..., Any] | None:
        """Shows what this PUT changes, as the GET of the same thing does."""
        if self.method != "PUT" or self.as_shown is not None:
            return self.as_shown
        for call in self.resource:
            if (call.method, call.path) == ("GET", self.path) and call.gives is self.gives:
                return partial(call.run, asked=call.query()) if call.query.model_fields else call.run
        return None

    @cached_property
    def kinds(self) -> tuple[type[BaseModel], ...]:
        """How what this PUT changes is shown, in a list and alone; none where nothing shows it."""
        if self.look is None or (self.is_bulk and self.as_shown is None) or model_of(self.body) is None:
            return ()
        above = self.path.rpartition("/")[0]
        rows = (call.gives for call in self.resource if (call.method, call.path) == ("GET", above) and call.is_list)
        return (*rows, model_of(self.gives) or self.gives)

    @property
    def is_bulk(self) -> bool:
        """Whether the body is a list, of changes of as many things."""
        return get_origin(self.body) is list

    @property
    def fails(self) -> str:
        """What is said when something is wrong with what was sent."""
        doing = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}[self.method]
        return f"Failed to {doing} {self.resource.noun}"


class Resource:
    """Calls that belong together."""

    def __init__(
        self, name: str, title: str, *, noun: str, scope: str, about: str = "", terms: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.title, self.noun, self.scope, self.about = name, title, noun, scope, about
        self.terms = terms or {}  #: words that a call takes, and what they mean
        self.calls: list[Call] = []

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls)

    def call(
        self,
        line: str,
        *,
        needs: str,
        query: type[Query] = NoQuery,
        body: Any = None,
        must_have_body: bool = True,
        gives: Any = None,
        status: int = 0,
        writes: tuple[str, ...] = (),
        sample: Any = None,
        asking: str = "",
        is_ours: bool = False,
        reads: bool = False,
        form: str = "",
        as_shown: Callable[..., Any] | None = None,
    ) -> Callable[[View], View]:
        """Declare the function as the call of this line, `GET /tickets/<number:ticket_id>`.

        It is given the numbers in the path by name, and what was sent as `asked` and `body`.
        """
        method, path = line.split(" ")

        def declare(view: View) -> View:
            self.calls.append(
                Call(
                    resource=self,
                    method=method,
                    path=path,
                    run=view,
                    needs=needs,
                    query=query,
                    body=body,
                    must_have_body=must_have_body,
                    status=status or {"POST": 201, "DELETE": 204}.get(method, 200),
                    gives=gives,
                    is_list=issubclass(query, Paged),
                    writes=writes,
                    sample=sample,
                    asking=asking,
                    is_ours=is_ours,
                    reads=reads or method == "GET",
                    form=form,
                    as_shown=as_shown,
                )
            )
            return view

        return declare
