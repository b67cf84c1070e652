"""Every route of the application, and a desk that has one of everything that an address can name."""

import tempfile
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import enter
from audit.log import event_table
from audit.queries import Cursor
from helpdesk import (
    classrooms,
    custom_fields,
    customers,
    integrations,
    jobs,
    keys,
    macros,
    messages,
    models,
    rules,
    searches,
    shop,
    survey_reports,
    tags,
    views,
    widgets,
)
from helpdesk import config as settings
from helpdesk import settings as account_settings
from helpdesk.drafts import Draft, File
from helpdesk.permissions import Action
from seeds import classroom
from tests.desks import Desk
from tests.helpdesk.web.browsers import HTMX
from wsgi import create_app

#: Where the log itself asks who may look: it knows nothing of the desk's decorators.
OF_THE_LOG: Action = "read audit log"


#: What some pages must be told beside their address.
ASKED: Final = {
    "audit.newer": "?after={event_id}",
    "audit.older": "?cursor={cursor}",
    "macros.pick": "?ticket={ticket_id}",
    "tickets.compose": "?macro={macro_id}",
}

#: What stands in addresses by number, and the table it is in.
NUMBERED: dict[str, Any] = {
    "attachment_id": models.Attachment,
    "customer_id": models.Customer,
    "delivery_id": models.Delivery,
    "result_id": models.DrillResult,
    "integration_id": models.Integration,
    "job_id": models.Job,
    "key_id": models.ApiKey,
    "macro_id": models.Macro,
    "message_id": models.TicketMessage,
    "order_id": models.ShopOrder,
    "rule_id": models.Rule,
    "survey_id": models.SatisfactionSurvey,
    "tag_id": models.Tag,
    "team_id": models.Team,
    "ticket_id": models.Ticket,
    "user_id": models.User,
    "view_id": models.View,
    "widget_id": models.Widget,
}


RULE = rules.Shape(name="Tag refunds", code="Action('addTags', {tags: 'refund'});", event_types=("ticket-updated",))


@dataclass(frozen=True)
class Route:
    """An address and how it is asked for."""

    endpoint: str
    method: str
    rule: str
    arguments: tuple[str, ...]
    needs: Action | None  #: None: whoever is logged in, or whoever comes by, as `is_public` says
    is_public: bool

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint}"

    @property
    def names_a_thing(self) -> bool:
        """Whether the address holds the number of something."""
        return bool(self.arguments)


@cache
def routes() -> tuple[Route, ...]:
    """All routes but the static files, read from the application itself: nobody can forget one."""
    app = application()
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        needs = OF_THE_LOG if rule.endpoint.startswith("audit.") else getattr(view, "needs", None)
        found += [
            Route(
                rule.endpoint,
                method,
                rule.rule,
                tuple(sorted(rule.arguments)),
                needs,
                getattr(view, "is_public", False),
            )
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            if rule.endpoint != "static" and not rule.endpoint.startswith("api.")  # the API's have tests of their own
            if "reads_of" not in rule.arguments  # so have the pages with which a trainer reads along
        ]
    return tuple(sorted(found, key=str))


def address(app: Flask, route: Route, things: dict[str, Any]) -> str:
    """The route's address with these things in it."""
    with app.test_request_context():
        return app.url_for(route.endpoint, **{name: things[name] for name in route.arguments})


def how_asked(app: Flask, client: FlaskClient, route: Route, things: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The address and the headers with which a page answers: what stands within another is asked for by htmx."""
    path = address(app, route, things) + ASKED.get(route.endpoint, "").format(**things)
    is_page = client.get(path).status_code == 200
    return path, {} if is_page else HTMX


def furnish_everything(desk: Desk) -> None:
    """One of everything that an address can name."""
    asked = desk.a_ticket("How was it?").id
    with desk.acting():
        survey_reports.create(desk.ticket(asked), desk.ticket(asked).customer, by=desk.by_admin)
    number = desk.a_ticket("One of everything").id
    with desk.acting():
        tags.put_on(desk.ticket(number), ["urgent", "refund"], by=desk.by_ana)
        file = File("label.pdf", "application/pdf", f"%PDF {desk.account_id}".encode())
        messages.reply(desk.ticket(number), Draft(sender=desk.ana, body_text="Here.", files=(file,)), by=desk.by_ana)
    with desk.acting():
        choices = {"data_type": "text", "input_settings": {"input_type": "dropdown", "choices": ["Late", "Lost"]}}
        custom_fields.create(desk.account, "Ticket", "Reason", choices, by=desk.by_admin)
        words = {"data_type": "text", "input_settings": {"input_type": "input"}}
        custom_fields.create(desk.account, "Customer", "Level", words, by=desk.by_admin)
        customers.create(desk.account, name="Dora Dent", email=f"dora-{number}@mail.example", by=desk.by_admin)
        reply = {"name": "setResponseText", "arguments": {"body_text": "Hello {{ticket.customer.firstname}}"}}
        macros.create(desk.account, f"Say hello {number}", [reply], by=desk.by_admin)
        views.create(desk.account, views.Shape(name="Late", filters="eq(ticket.status, 'open')"), by=desk.by_admin)
        rules.create(desk.account, RULE, by=desk.by_admin)
        shape = {"title": "Customer", "widgets": [{"title": "Address", "path": "customer.email"}]}
        widgets.create(desk.account, widgets.CUSTOMER, shape, by=desk.by_admin)
        shop_of_theirs = integrations.create(desk.account, "shop", "Shop", by=desk.by_admin)
    with desk.acting("webhook"):
        integration = desk.session.get_one(models.Integration, shop_of_theirs.id)
        product = next(iter(shop.sold().products))
        shop.place(integration, name="Carol Diaz", email="carol@mail.example", basket={product: 1})
    with desk.acting():
        account_settings.change(desk.account, "trash", {"days": number + 30}, by=desk.by_admin)
        keys.create(desk.ana, name="Nightly export", by=desk.by_admin)
        searches.save(desk.account, f"By rules {number}", "by=rule", is_shared=True, by=desk.by_admin)
        nothing = {"deed": "close", "tickets": [], "given": {}}
        jobs.queue(desk.session, desk.account_id, "updateTicket", nothing, by=desk.by_admin)
        desk.session.add(a_call(desk.account_id, shop_of_theirs.id, desk.now()))
        desk.session.add(
            models.DrillResult(
                account_id=desk.account_id, user_id=desk.owner_id, drill="gone", story="merged", seed=1,
                sandbox_id=desk.account_id, played={"after": 0, "upto": 0, "marks": {}}, of=3,
                started_datetime=desk.now(),
            )
        )  # fmt: skip


def a_call(account_id: int, integration_id: int, at: datetime) -> models.Delivery:
    """A call that went out for an integration."""
    return models.Delivery(
        account_id=account_id, kind="webhook", stable_id=f"webhook.{uuid.uuid4()}", integration_id=integration_id,
        recipient="https://shop.example/hook", payload={"method": "POST", "body": "{}"}, status="sent",
        created_datetime=at,
    )  # fmt: skip


def things_of(session: Session, account_id: int) -> dict[str, Any]:
    """The newest thing of each kind in an account, by the name that it has in addresses."""
    found: dict[str, Any] = {}
    for name, model in NUMBERED.items():
        found[name] = session.scalar(
            select(model.id).where(model.account_id == account_id).order_by(model.id.desc()).limit(1)
        )
    of_ticket = event_table.c.object_type == "Ticket", event_table.c.object_id == found["ticket_id"]
    newest = select(event_table.c.id, event_table.c.created_datetime).where(
        event_table.c.account_id == account_id, *of_ticket
    )
    if (event := session.execute(newest.order_by(event_table.c.id.desc()).limit(1)).first()) is not None:
        found |= {"event_id": event.id, "cursor": Cursor(event.created_datetime, event.id).write(account_id)}
    call = select(models.Delivery.id, models.Delivery.integration_id).where(
        models.Delivery.account_id == account_id, models.Delivery.kind == "webhook"
    )
    if (called := session.execute(call.order_by(models.Delivery.id.desc()).limit(1)).first()) is not None:
        found["delivery_id"], found["integration_id"] = called
    seen = models.View.account_id == account_id, models.View.visibility == "public"
    found["view_id"] = session.scalar(select(models.View.id).where(*seen).order_by(models.View.id.desc()).limit(1))
    fields = select(models.CustomField.id).where(models.CustomField.account_id == account_id)
    for name, kind in (("custom_field_id", "Ticket"), ("customer_field_id", "Customer")):
        newest_field = fields.where(models.CustomField.object_type == kind).order_by(models.CustomField.id.desc())
        found[name] = session.scalar(newest_field.limit(1))
    known = select(models.Customer.id).where(models.Customer.account_id == account_id, models.Customer.active)
    found["other_customer_id"] = session.scalar(known.order_by(models.Customer.id).limit(1))
    trash = models.AccountSetting.account_id == account_id, models.AccountSetting.type == "trash"
    found["setting_id"] = session.scalar(select(models.AccountSetting.id).where(*trash))
    kept = models.AccountSetting.account_id == account_id, models.AccountSetting.type == searches.SAVED
    found["search_id"] = session.scalar(select(models.AccountSetting.id).where(*kept).limit(1))
    tag = select(models.Tag.id).where(models.Tag.account_id == account_id).order_by(models.Tag.id)
    found["other_tag_id"] = session.scalar(tag.limit(1))
    newest_file = select(models.Attachment.digest).where(models.Attachment.account_id == account_id)
    found["digest"] = session.scalar(newest_file.order_by(models.Attachment.id.desc()).limit(1))
    found |= {"call_id": 1, "call_event_id": 1, "recording_id": 1}  # nobody ever calls
    found |= {"name": "file", "mail_id": "no-such-mail", "menu": "tags", "event_type": "ticket-closed"}
    found |= {"room": "none", "trainee_id": account_id}  # no classroom of theirs
    found |= {"lesson": "a-day", "line_id": 1, "drill": "gone", "clue_id": 1}  # no lines of theirs
    return found


def teach(session: Session, account_id: int, user_id: int) -> dict[str, Any]:
    """A classroom of theirs, and who sits in it."""
    room = classroom.seat_trainees(session, user_id, 1, "only for tests")
    (trainee,) = classrooms.trainees(session, user_id, room)
    enter(session, account_id)
    return {"room": room, "trainee_id": trainee.account_id}


def application() -> Flask:
    """The application, with no desk behind it."""
    nowhere = Path(tempfile.gettempdir()) / "no desk is ever here.db"
    config = replace(settings.from_environment({}), database_url=f"sqlite:///{nowhere}", secret_key="only for tests")
    return create_app(config)
