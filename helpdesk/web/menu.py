"""The rail's menu below the views: what there is, under which heading, and who sees it."""

from dataclasses import dataclass
from typing import Final

from flask import current_app, g, request, url_for

from helpdesk.permissions import Action


@dataclass(frozen=True)
class Entry:
    """A page in the menu."""

    label: str
    icon: str
    endpoint: str
    needs: Action
    heading: str  #: "" stands directly below the views
    group: str = ""  #: "Users & teams": entries that fold away together

    @property
    def address(self) -> str:
        """Where it leads."""
        return url_for(self.endpoint, reads_of=None)  # beside another account's log, too, it is one's own

    @property
    def is_current(self) -> bool:
        """Whether the page that is drawn is this one, or below it and below no entry that says more."""
        return _leads_here(self) and not any(
            len(entry.address) > len(self.address) for entry in ENTRIES if entry.is_there and _leads_here(entry)
        )

    @property
    def is_there(self) -> bool:
        """Whether the application has its page."""
        return self.endpoint in current_app.view_functions


ENTRIES: Final = (
    Entry("Customers", "person", "customers.index", "read", ""),
    Entry("Macros", "bolt", "macros.index", "read", "Automation"),
    Entry("Rules", "rule", "rules.index", "read", "Automation"),
    Entry("Simulator", "people", "simulator.show", "move clock", "Automation"),
    Entry("Users", "people", "users.index", "read", "Settings", "Users & teams"),
    Entry("Teams", "people", "teams.index", "read", "Settings", "Users & teams"),
    Entry("Audit logs", "log", "audit.log", "read audit log", "Settings", "Users & teams"),
    Entry("Views", "view", "views.index", "read", "Settings"),
    Entry("Tags", "tag", "tags.index", "read", "Settings"),
    Entry("Widgets", "widget", "widgets.index", "manage integrations", "Settings"),
    Entry("Integrations", "plug", "integrations.index", "manage integrations", "Settings"),
    Entry("API keys", "key", "keys.index", "manage api keys", "Settings"),
    Entry("Surveys", "star", "surveys.index", "manage surveys", "Settings"),
    Entry("Account", "settings", "account.show", "manage settings", "Settings"),
    Entry("Notices", "mail", "notices.index", "manage settings", "Settings"),
    Entry("Outgoing mail", "mail", "mailtrap.index", "read outgoing mail", "Settings"),
    Entry("Events explained", "help", "glossary.index", "read", "Learn"),
    Entry("Event coverage", "flag", "audit.coverage", "read audit log", "Learn"),
    Entry("Classroom", "people", "classroom.show", "hold classrooms", "Learn"),
)


def menu() -> dict[str, dict[str, list[Entry]]]:
    """What who is logged in may open: heading, group ("" for none), entries."""
    found: dict[str, dict[str, list[Entry]]] = {}
    for entry in ENTRIES:
        if entry.is_there and g.user.may(entry.needs):
            found.setdefault(entry.heading, {}).setdefault(entry.group, []).append(entry)
    return found


def _leads_here(entry: Entry) -> bool:
    return request.path == entry.address or request.path.startswith(f"{entry.address}/")
