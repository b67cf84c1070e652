"""Views as they are shown: those that people made, and the desk's own, which are no rows and are always there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from flask import g
from sqlalchemy.orm import Session

from helpdesk import views
from helpdesk.api.acting import account
from helpdesk.api.customers import ALL_CUSTOMERS
from helpdesk.api.view_shapes import ViewShown
from helpdesk.language.conditions import CURRENT_USER
from helpdesk.language.filters import read
from helpdesk.models import View
from helpdesk.web.listing import VIEWS
from helpdesk.web.viewing import SYSTEM_IDS

_AND: Final = "&&"
#: The numbers of the desk's own.
FIXED: Final = frozenset({*SYSTEM_IDS.values(), ALL_CUSTOMERS})


def shown(row: View) -> ViewShown:
    """A view, with whoever calls in place of `{{current_user.id}}`."""
    filters, tree = row.filters, row.filters_ast
    if CURRENT_USER in filters:
        filters = _mine(filters)
        tree = read(filters)
    return ViewShown(
        id=row.id,
        uri=f"/api/views/{row.id}/",
        name=row.name,
        slug=row.slug,
        type=row.type,
        category=row.category,
        visibility=row.visibility,
        decoration=row.decoration,
        fields=list(row.fields),
        filters=filters,
        filters_ast=tree,
        order_by=row.order_by,
        order_dir=row.order_dir,
        search=row.search,
        section_id=row.section_id,
        shared_with_teams=list(row.shared_with_teams),
        shared_with_users=list(row.shared_with_users),
        created_datetime=row.created_datetime,
        deactivated_datetime=row.deactivated_datetime,
    )


def as_kept(filters: str, row: View) -> str:
    """A filter that comes back as it was shown: where whoever calls was put in, whoever looks is meant again."""
    meant = {_mine(clause).strip(): clause.strip() for clause in row.filters.split(_AND) if CURRENT_USER in clause}
    clauses = filters.split(_AND)
    return _AND.join(
        clause.replace(clause.strip(), meant[clause.strip()]) if clause.strip() in meant else clause
        for clause in clauses
    )


def _mine(filters: str) -> str:
    me = str(g.user.id)
    return filters.replace(f"'{CURRENT_USER}'", me).replace(f'"{CURRENT_USER}"', me).replace(CURRENT_USER, me)


def fixed(session: Session) -> Iterator[ViewShown]:
    """The desk's own views; they are as old as the account."""
    since = account(session).created_datetime
    for view in VIEWS.values():
        yield _fixed(SYSTEM_IDS[view.name], view.label, view.filters, since)
    yield _fixed(ALL_CUSTOMERS, "All customers", "", since, type="customer-list", fields=["name", "email", "created"])


def _fixed(number: int, label: str, filters: str, since: datetime, **more: Any) -> ViewShown:
    chosen = views.Shape()
    shown: dict[str, Any] = {
        "id": number,
        "uri": f"/api/views/{number}/",
        "name": label,
        "slug": label.lower().replace(" ", "-"),
        "type": "ticket-list",
        "category": "system",
        "visibility": "public",
        "decoration": None,
        "fields": list(chosen.fields),
        "filters": filters,
        "filters_ast": read(filters),
        "order_by": chosen.order_by,
        "order_dir": chosen.order_dir,
        "search": None,
        "section_id": None,
        "shared_with_teams": [],
        "shared_with_users": [],
        "created_datetime": since,
        "deactivated_datetime": None,
    }
    return ViewShown(**shown | more)
