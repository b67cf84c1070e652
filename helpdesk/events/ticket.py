"""What happens to a ticket, from its first message to the day it is deleted for good."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from audit.notes import Changes
from audit.types import ALL, ANYBODY, EventType, Nature, registry

#: A ticket's status and the two dates that hang on it.
_STATUS: Final[Mapping[str, frozenset[str]]] = {"Ticket": frozenset({"status", "closed_datetime", "snooze_datetime"})}


#: What a ticket says of its messages: told after them, even at birth.
_OF_MESSAGES: Final = frozenset(
    {"excerpt", "messages_count", "last_message_datetime", "last_received_message_datetime"}
)


def _touch(ticket: Any, at: datetime) -> None:
    ticket.updated_datetime = at
    ticket.row_version += 1


#: Why a customer is not asked how it was: as `data` has it, and in words.
SURVEY_REASONS: Final[Mapping[str, str]] = {
    "switched-off": "surveys were switched off meanwhile",
    "reopened": "the ticket is open again",
    "snoozed": "the ticket sleeps and is not done with",
    "excluded": "the ticket is excluded from surveys",
    "spam": "the ticket is marked as spam",
    "trashed": "the ticket lies in the trash",
    "no-customer-email": "the customer has no e-mail address",
    "no-customer-message": "the customer never wrote in it",
    "survey-waiting": "a survey of this ticket waits to be sent already",
    "already-surveyed": "the customer was asked about this ticket before",
}


def _survey_reasons(data: Mapping[str, Any]) -> str:
    reasons = data.get("reasons")
    words = [SURVEY_REASONS.get(str(one), str(one)) for one in reasons] if isinstance(reasons, list) else []
    told = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
    return told[:1].upper() + told[1:]


def _tags_added(changes: Changes) -> dict[str, Any]:
    return {"tags_added": [columns["tag_id"][1] for columns in changes.values()]}


def _tags_removed(changes: Changes) -> dict[str, Any]:
    return {"tags_removed": [columns["tag_id"][0] for columns in changes.values()]}


TICKET_CREATED = registry.declare(
    EventType(
        name="ticket-created",
        label="Ticket created",
        object="Ticket",
        meaning="A new ticket exists. Its first message, and an assignee or tags it was given at once, follow as events"
        " of their own.",
        actors=frozenset({"user", "customer", "integration", "system"}),
        by_hand="Press New ticket in any view, write the first message and send it.",
        by_api='POST /api/tickets {"customer": {"email": "dora@mail.example"}, "subject": "A lid",'
        ' "messages": [{"channel": "email", "via": "api", "from_agent": false, "body_text": "Do you'
        ' sell lids alone?"}]}',
        by_machine="A mail or chat message that continues no ticket; a connected system; the welcome ticket of a new"
        " account; the ticket in which the desk suggests a rule.",
        claims={"Ticket": ALL, "TicketFieldValue": ALL},
        leaves=_OF_MESSAGES,
        companions=("ticket-message-created", "ticket-updated"),
        look_alikes={
            "ticket-message-created": "Also written for every later message; a ticket is created only once.",
            "ticket-reopened": "There was a ticket already, and it came back from closed or snoozed.",
        },
        rank=0,
    )
)

TICKET_UPDATED = registry.declare(
    EventType(
        name="ticket-updated",
        label="Ticket updated",
        object="Ticket",
        meaning="Something about the ticket changed. It comes once with nearly every action on a ticket, before the"
        " events that say what exactly; by itself it tells of a field that has no event of its own, such as priority or"
        " language.",
        actors=ANYBODY,
        by_hand="Do anything to a ticket; to see it alone, open the ticket and choose another priority.",
        by_api='PUT /api/tickets/{id} {"priority": "high"}',
        by_machine="Any rule, macro, timer or cascade that touches a ticket; alone, the actions setPriority,"
        " setCustomField, excludeFromCSAT and excludeFromAutoMerge.",
        nature=Nature.SUMMARY,
        claims={
            "Ticket": frozenset(
                {
                    "priority",
                    "language",
                    "channel",
                    "external_id",
                    "meta",
                    "excerpt",
                    "messages_count",
                    "excluded_from_csat",
                    "excluded_from_auto_merge",
                    "updated_datetime",
                    "opened_datetime",
                    "last_message_datetime",
                    "last_received_message_datetime",
                    "row_version",
                }
            ),
            "TicketFieldValue": ALL,
        },
        look_alikes={
            "ticket-subject-updated": "Names the one thing that changed, the subject; the update comes with it and says"
            " only that something did.",
            "ticket-message-updated": "A message was edited; the ticket that holds it is updated along with it.",
            "customer-updated": "The customer's profile changed, no ticket did.",
        },
        rank=2,
        touch=_touch,
    )
)

TICKET_ASSIGNED = registry.declare(
    EventType(
        name="ticket-assigned",
        label="Ticket assigned",
        object="Ticket",
        meaning="The ticket was given to an agent or to a team. Passing it from one agent to another is one such event;"
        " when a team was chosen, it names no agent and ticket-team-assigned stands after it.",
        actors=frozenset({"user", "rule", "macro", "system"}),
        by_hand="Open the ticket and choose an agent under Assignee, or send a public reply on a ticket that nobody"
        " has.",
        by_api='PUT /api/tickets/{id} {"assignee_user": {"id": {user_id}}}',
        by_machine="A rule or macro with the action setAssignee; together with ticket-team-assigned, the action"
        " setTeamAssignee. By the desk itself for a team's ticket that nobody has, where the account's settings say"
        " so.",
        claims={"Ticket": frozenset({"assignee_user_id"})},
        beside=frozenset({"ticket-team-assigned"}),
        companions=("ticket-updated",),
        look_alikes={
            "ticket-team-assigned": "Only for teams. A team's assignment writes both, an agent's only ticket-assigned.",
            "ticket-unassigned": "The agent was taken off and nobody came instead.",
        },
    )
)

TICKET_TEAM_ASSIGNED = registry.declare(
    EventType(
        name="ticket-team-assigned",
        label="Ticket team assigned",
        object="Ticket",
        meaning="The ticket was given to a team, or passed from one team to another. A ticket-assigned without an agent"
        " stands just before it.",
        actors=frozenset({"user", "rule", "macro"}),
        by_hand="Open the ticket and choose a team under Team.",
        by_api='PUT /api/tickets/{id} {"assignee_team": {"id": {team_id}}}',
        by_machine="A rule or macro with the action setTeamAssignee.",
        claims={"Ticket": frozenset({"assignee_team_id"})},
        companions=("ticket-updated", "ticket-assigned"),
        look_alikes={
            "ticket-assigned": "Names an agent, or nobody where it only accompanies a team's assignment.",
            "ticket-team-unassigned": "The team was taken off and no other came instead.",
            "team-updated": "The team's own name or members changed, no ticket did.",
        },
    )
)

TICKET_UNASSIGNED = registry.declare(
    EventType(
        name="ticket-unassigned",
        label="Ticket unassigned",
        object="Ticket",
        meaning="The ticket had an agent and now has none.",
        actors=frozenset({"user", "rule", "macro", "system"}),
        by_hand="Open the ticket, press the agent's name under Assignee and choose Take it from them.",
        by_api='PUT /api/tickets/{id} {"assignee_user": null}',
        by_machine="A rule or macro with the action setAssignee without an agent; the deletion of the agent, for each"
        " of their tickets.",
        claims={"Ticket": frozenset({"assignee_user_id"})},
        companions=("ticket-updated",),
        look_alikes={
            "ticket-team-unassigned": "The team was cleared; the agent may still be there.",
            "ticket-assigned": "Another agent took over: then nothing is written about the one before.",
        },
        choice="Our choice: when an agent is deleted, each of their tickets says so itself, by No user, in the chain"
        " of the deletion.",
    )
)

TICKET_TEAM_UNASSIGNED = registry.declare(
    EventType(
        name="ticket-team-unassigned",
        label="Ticket team unassigned",
        object="Ticket",
        meaning="The ticket belonged to a team and now belongs to none.",
        actors=frozenset({"user", "rule", "macro", "system"}),
        by_hand="Open the ticket, press the team's name under Team and choose Take it from the team.",
        by_api='PUT /api/tickets/{id} {"assignee_team": null}',
        by_machine="A rule or macro with the action setTeamAssignee without a team; the deletion of the team, for"
        " each of its tickets.",
        claims={"Ticket": frozenset({"assignee_team_id"})},
        companions=("ticket-updated",),
        look_alikes={
            "ticket-unassigned": "The agent was cleared; the team may still be there.",
            "team-deleted": "The team itself is gone; its tickets each say so with ticket-team-unassigned.",
        },
        choice="Our choice: when a team is deleted, each of its tickets says so itself, by No user, in the chain of"
        " the deletion.",
    )
)

TICKET_CLOSED = registry.declare(
    EventType(
        name="ticket-closed",
        label="Ticket closed",
        object="Ticket",
        meaning="The work on the ticket is done, for now. It is written at every close anew, also when a snoozed ticket"
        " is closed for good and loses its date.",
        actors=frozenset({"user", "rule", "macro"}),
        by_hand="Open the ticket and press Close.",
        by_api='PUT /api/tickets/{id} {"status": "closed"}',
        by_machine="A rule or macro with the action setStatus with the status closed.",
        claims=_STATUS,
        companions=("ticket-updated",),
        look_alikes={
            "ticket-snoozed": "A snoozed ticket is closed, too, but only until a date; no ticket-closed is written.",
            "ticket-trashed": "The trash is a mark of its own: a ticket in it may be open or closed.",
        },
    )
)

TICKET_REOPENED = registry.declare(
    EventType(
        name="ticket-reopened",
        label="Ticket reopened",
        object="Ticket",
        meaning="A closed or snoozed ticket is open again because somebody did something: the customer wrote, or an"
        " agent or a rule opened it.",
        actors=frozenset({"user", "customer", "rule", "macro"}),
        by_hand="Open a closed ticket and press Reopen, or a snoozed one and press Wake now.",
        by_api='PUT /api/tickets/{id} {"status": "open"}',
        by_machine="A customer's message on a closed or snoozed ticket; a rule or macro with the action setStatus"
        " with the status open.",
        claims=_STATUS,
        companions=("ticket-updated",),
        look_alikes={
            "ticket-self-unsnoozed": "The snooze ran out by itself; nobody opened the ticket. Ending a snooze early is"
            " ticket-reopened.",
            "ticket-untrashed": "The ticket came back from the trash; its status did not change.",
        },
        choice="Our choice: a customer's message reopens the ticket but leaves it in spam or in the trash if it is"
        " there.",
    )
)

TICKET_SNOOZED = registry.declare(
    EventType(
        name="ticket-snoozed",
        label="Ticket snoozed",
        object="Ticket",
        meaning="The ticket was put away until a date; until then it counts as closed. When the date comes, it opens by"
        " itself.",
        actors=frozenset({"user", "rule", "macro"}),
        by_hand="Open the ticket, press Snooze and choose until when.",
        by_api='PUT /api/tickets/{id} {"snooze_datetime": "{tomorrow}"}',
        by_machine="A rule or macro with the action snoozeTicket.",
        claims=_STATUS,
        companions=("ticket-updated",),
        look_alikes={
            "ticket-closed": "Closed without a date: it stays so until somebody opens it.",
            "ticket-self-unsnoozed": "The other end of the snooze.",
        },
        choice="Our choice: a new date on a ticket that is snoozed already is another ticket-snoozed.",
    )
)

TICKET_SELF_UNSNOOZED = registry.declare(
    EventType(
        name="ticket-self-unsnoozed",
        label="Ticket self unsnoozed",
        object="Ticket",
        meaning="The date to which the ticket was snoozed has come: it is open again, and nobody did it. The row bears"
        " the time that was due, however late the desk noticed.",
        actors=frozenset({"schedule"}),
        by_hand="",
        by_machine="The snooze timer, when the date comes; to see it soon, advance the desk clock.",
        claims=_STATUS,
        companions=("ticket-updated",),
        look_alikes={
            "ticket-reopened": "Somebody opened it: an agent ended the snooze early, the customer wrote, or a rule"
            " acted.",
        },
        choice="Our choice: a snooze also ends in spam and in the trash, and the ticket stays there.",
    )
)

TICKET_SUBJECT_UPDATED = registry.declare(
    EventType(
        name="ticket-subject-updated",
        label="Ticket subject updated",
        object="Ticket",
        meaning="The ticket's subject was set or changed after it was created. The row holds the old subject and the"
        " new one.",
        actors=frozenset({"user", "rule", "macro"}),
        by_hand="Open the ticket, click its subject, change it and press Enter.",
        by_api='PUT /api/tickets/{id} {"subject": "Broken mug"}',
        by_machine="A rule or macro with the action setSubject.",
        claims={"Ticket": frozenset({"subject"})},
        companions=("ticket-updated",),
        look_alikes={
            "ticket-updated": "Comes with it and says only that something changed.",
            "ticket-created": "The subject a ticket is born with is part of its creation.",
        },
    )
)

TICKET_CUSTOMER_UPDATED = registry.declare(
    EventType(
        name="ticket-customer-updated",
        label="Ticket customer updated",
        object="Ticket",
        meaning="The ticket now belongs to another customer.",
        actors=frozenset({"user", "system"}),
        by_hand="Open the ticket, press Swap the customer, the arrows beside the customer's name, and choose another"
        " one.",
        by_api='PUT /api/tickets/{id} {"customer": {"id": {other_customer_id}}}',
        by_machine="The merge or deletion of a customer, for each of their tickets.",
        claims={"Ticket": frozenset({"customer_id"})},
        companions=("ticket-updated",),
        look_alikes={
            "customer-updated": "The customer's profile was edited; the ticket has the same customer as before.",
            "customer-merged": "Two profiles became one; each ticket that changed hands says so itself.",
        },
        choice="Our choice: when a customer is merged or deleted, each of their tickets says so itself, by No user, in"
        " the same chain; a deleted customer's tickets pass to the account's “Deleted customer”.",
    )
)

TICKET_TAGS_ADDED = registry.declare(
    EventType(
        name="ticket-tags-added",
        label="Ticket tags added",
        object="Ticket",
        meaning="One or more tags were put on the ticket. One event names all that were really new to it.",
        actors=frozenset({"user", "rule", "macro", "system"}),
        by_hand="Open the ticket, type a tag into Add a tag, or choose one there, and press Enter.",
        by_api='POST /api/tickets/{id}/tags {"ids": [{tag_id}]}; PUT /api/tickets/{id} {"tags": [{"name":'
        ' "vip-{word}"}]}',
        by_machine="A rule or macro with the action addTags or setTags; the merge of a tag into another, for each of"
        " its tickets.",
        nature=Nature.GATHERING,
        claims={"TicketTag": ALL},
        companions=("ticket-updated",),
        look_alikes={
            "tag-created": "A tag that nobody had used came into being; putting it on the ticket is ticket-tags-added.",
            "ticket-tags-removed": "Tags were taken off. Replacing tags can write both.",
        },
        side="birth",
        gathered=_tags_added,
        choice="Our choice: when a tag is merged into another, each of its tickets says so itself, by No user, in the"
        " same chain.",
    )
)

TICKET_TAGS_REMOVED = registry.declare(
    EventType(
        name="ticket-tags-removed",
        label="Ticket tags removed",
        object="Ticket",
        meaning="One or more tags were taken off the ticket. One event names all that were really on it.",
        actors=frozenset({"user", "rule", "macro", "system"}),
        by_hand="Open the ticket and press the cross beside a tag.",
        by_api='DELETE /api/tickets/{id}/tags {"ids": [{tag_id}]}; PUT /api/tickets/{id}/tags {}',
        by_machine="A rule or macro with the action removeTags or setTags; the deletion or merge of a tag, for each"
        " of its tickets.",
        nature=Nature.GATHERING,
        claims={"TicketTag": ALL},
        companions=("ticket-updated",),
        look_alikes={
            "tag-deleted": "The tag itself is gone from the account; each ticket that bore it also gets"
            " ticket-tags-removed.",
            "ticket-tags-added": "Tags were put on. Replacing tags can write both.",
        },
        side="death",
        gathered=_tags_removed,
        choice="Our choice: when a tag is deleted or merged, each of its tickets says so itself, by No user, in the"
        " same chain.",
    )
)

TICKET_MARKED_SPAM = registry.declare(
    EventType(
        name="ticket-marked-spam",
        label="Ticket marked spam",
        object="Ticket",
        meaning="Somebody marked the ticket as spam: it moved to the Spam view. Whether it is open or closed did not"
        " change.",
        actors=frozenset({"user"}),
        by_hand="Open the ticket and press Spam.",
        by_api='PUT /api/tickets/{id} {"spam": true}',
        claims={"Ticket": frozenset({"spam"})},
        companions=("ticket-updated",),
        look_alikes={
            "ticket-trashed": "The trash is for tickets that nobody needs and is emptied by a timer; spam is a mark and"
            " stays.",
            "ticket-closed": "Spam is a mark beside the status: a ticket in spam may be open.",
        },
    )
)

TICKET_UNMARKED_SPAM = registry.declare(
    EventType(
        name="ticket-unmarked-spam",
        label="Ticket unmarked spam",
        object="Ticket",
        meaning="The ticket is no spam after all: it went back from the Spam view to where its status puts it.",
        actors=frozenset({"user"}),
        by_hand="Open a ticket in the Spam view and press Not spam.",
        by_api='PUT /api/tickets/{id} {"spam": false}',
        claims={"Ticket": frozenset({"spam"})},
        companions=("ticket-updated",),
        look_alikes={"ticket-untrashed": "The ticket came back from the trash, not from spam."},
    )
)

TICKET_TRASHED = registry.declare(
    EventType(
        name="ticket-trashed",
        label="Ticket trashed",
        object="Ticket",
        meaning="The ticket was moved to the Trash view. It can still be taken back.",
        actors=frozenset({"user", "rule"}),
        by_hand="Open the ticket and press Trash.",
        by_api='PUT /api/tickets/{id} {"trashed_datetime": "{now}"}',
        by_machine="A rule with the action trashTicket.",
        claims={"Ticket": frozenset({"trashed_datetime"})},
        companions=("ticket-updated",),
        look_alikes={
            "ticket-deleted": "Gone for good, messages and all. A trashed ticket is still there.",
            "ticket-marked-spam": "Moved to Spam, where it stays; the trash is emptied by a timer.",
        },
    )
)

TICKET_UNTRASHED = registry.declare(
    EventType(
        name="ticket-untrashed",
        label="Ticket untrashed",
        object="Ticket",
        meaning="The ticket was taken back from the trash, with the status it had.",
        actors=frozenset({"user"}),
        by_hand="Open a ticket in the Trash view and press Restore.",
        by_api='PUT /api/tickets/{id} {"trashed_datetime": null}',
        claims={"Ticket": frozenset({"trashed_datetime"})},
        companions=("ticket-updated",),
        look_alikes={
            "ticket-reopened": "The status changed from closed to open; nothing was in the trash.",
            "ticket-unmarked-spam": "The ticket came back from spam, not from the trash.",
        },
    )
)

TICKET_DELETED = registry.declare(
    EventType(
        name="ticket-deleted",
        label="Ticket deleted",
        object="Ticket",
        meaning="The ticket is gone for good, with its messages, files and tags. Its events stay, and this one keeps"
        " what vanished.",
        actors=frozenset({"user", "schedule", "system"}),
        by_hand="Open a ticket in the Trash view and press Delete for good.",
        by_api="DELETE /api/tickets/{id}",
        by_machine="The trash timer, once a ticket has lain in the trash for 30 days; a merge, for the ticket that is"
        " absorbed.",
        claims={
            "Ticket": ALL,
            "TicketMessage": ALL,
            "Attachment": ALL,
            "TicketTag": ALL,
            "TicketAlias": ALL,
            "TicketFieldValue": ALL,
            "SatisfactionSurvey": ALL,  # one that waited to be sent; an answer outlives its ticket
        },
        look_alikes={
            "ticket-trashed": "Only moved to the trash, from where it can be taken back.",
            "ticket-merged": "If another ticket says this in the same chain, this one was absorbed, and its messages"
            " live on there.",
            "ticket-message-deleted": "One message is gone; the ticket is still there.",
        },
        silences_own=True,
        choice="Our choice: the trash is emptied after 30 days, unless the account's settings say otherwise.",
    )
)

TICKET_MERGED = registry.declare(
    EventType(
        name="ticket-merged",
        label="Ticket merged",
        object="Ticket",
        meaning="This ticket took in another one: it now holds the messages and tags of both. The other ticket is"
        " deleted in the same chain, and its number leads here.",
        actors=frozenset({"user", "system"}),
        by_hand="Open the ticket, press Merge, find the other ticket, and pick subject, customer, assignee and team.",
        by_machine="Auto-merge, where the account's settings allow it.",
        claims={
            "Ticket": frozenset(
                {
                    "subject",
                    "customer_id",
                    "assignee_user_id",
                    "assignee_team_id",
                    "status",
                    "snooze_datetime",
                    "closed_datetime",
                }
            ),
            "TicketMessage": frozenset({"ticket_id"}),
            "TicketTag": ALL,
            "TicketAlias": ALL,
            "TicketFieldValue": ALL,
        },
        companions=("ticket-updated", "ticket-deleted"),
        look_alikes={
            "ticket-deleted": "Written on the absorbed ticket; ticket-merged stands on the one that lives on.",
            "customer-merged": "Two customers became one; their tickets stay apart.",
            "tag-merged": "Two tags became one; the tickets stay apart.",
        },
    )
)

TICKET_SATISFACTION_SURVEY_SKIPPED = registry.declare(
    EventType(
        name="ticket-satisfaction-survey-skipped",
        label="Ticket satisfaction survey skipped",
        object="Ticket",
        meaning="No survey is sent for this close of the ticket: either none was prepared, or the one that waited was"
        " withdrawn when its time came. The row holds the reasons.",
        actors=frozenset({"system", "schedule"}),
        by_hand="",
        by_machine="The close of a ticket for which no survey is prepared; the survey timer, when a survey is due"
        " and the ticket is open again, snoozed, in spam or in the trash, or its customer has no address.",
        claims={"SatisfactionSurvey": ALL},
        beside=frozenset({"ticket-closed"}),
        companions=("ticket-updated", "ticket-closed"),
        look_alikes={
            "satisfaction-survey-created": "The opposite: a survey was prepared and waits for its time.",
        },
        tell_data=_survey_reasons,
        in_drop_down=False,
        always="Nobody asks for it: it comes by itself with a close, or when a survey falls due.",
    )
)
