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
    def is_there(self) -> bool:
        """Whether the application has its page."""
        return self.endpoint in current_app.view_functions


@dataclass(frozen=True)
class Link:
    """An entry on the page that is drawn."""

    label: str
    icon: str
    address: str
    is_current: bool  #: the page is this one, or below it and below no entry that says more


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
    Entry("Lessons", "step", "lessons.index", "read", "Learn"),
    Entry("Drills", "eye", "drills.index", "read", "Learn"),
    Entry("Events explained", "help", "glossary.index", "read", "Learn"),
    Entry("Event coverage", "flag", "audit.coverage", "read audit log", "Learn"),
    Entry("Classroom", "people", "classroom.show", "hold classrooms", "Learn"),
)


def menu() -> dict[str, dict[str, list[Link]]]:
    """What who is logged in may open: heading, group ("" for none), entries."""
    # Beside another account's log, too, it leads to one's own.
    addresses = {entry: url_for(entry.endpoint, reads_of=None) for entry in ENTRIES if entry.is_there}
    here = max(filter(_leads_here, addresses.values()), key=len, default=None)
    found: dict[str, dict[str, list[Link]]] = {}
    for entry, address in addresses.items():
        if g.user.may(entry.needs):
            link = Link(entry.label, entry.icon, address, address == here)
            found.setdefault(entry.heading, {}).setdefault(entry.group, []).append(link)
    return found


def _leads_here(address: str) -> bool:
    return request.path == address or request.path.startswith(f"{address}/")
