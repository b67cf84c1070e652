"""The catalogue of events: complete, true to the tables, and readable by somebody who never saw a log."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from audit.actors import ACTOR_KINDS
from audit.columns import audited_models, logged_columns
from audit.types import ALL, ANYBODY, EventType, Nature, registry
from helpdesk import events
from helpdesk import models as tables


def names(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


SIXTY = names("""
    account-created account-updated account-deactivated
    customer-created customer-updated customer-merged customer-deleted
    integration-created integration-updated integration-deleted
    macro-created macro-updated macro-deleted
    rule-created rule-updated rule-deleted rule-suggestion-suggested
    tag-created tag-deleted tag-merged
    team-created team-updated team-deleted
    ticket-assigned ticket-closed ticket-created ticket-customer-updated ticket-deleted ticket-marked-spam ticket-merged
    ticket-reopened ticket-self-unsnoozed ticket-snoozed ticket-subject-updated ticket-tags-added ticket-tags-removed
    ticket-team-assigned ticket-team-unassigned ticket-trashed ticket-unassigned ticket-unmarked-spam ticket-untrashed
    ticket-updated
    ticket-message-deleted ticket-message-updated ticket-message-summary-created
    user-created user-deleted user-invited user-logged-in user-logged-out user-password-changed user-password-reset
    user-updated
    view-created view-updated view-deleted
    widget-created widget-updated widget-deleted
""")
ANNOUNCED = ["order-cancelled", "order-refunded"]
API_ONLY = names("""
    ticket-message-created tag-updated tag-renamed macro-applied rule-executed rule-deactivated rule-reactivated
    rule-priority-updated integration-deactivated integration-reactivated account-setting-created
    account-setting-updated custom-field-created custom-field-updated ticket-satisfaction-survey-skipped
    satisfaction-survey-responded
""")
OURS = names("""
    satisfaction-survey-created satisfaction-survey-sent account-reactivated api-key-created api-key-revoked
    user-login-failed audit-log-exported desk-clock-changed schema-migrated cascade-started
""")

#: What the catalogue's types happen to.
OBJECTS = set(
    names(
        "Account ApiKey CustomField Customer Integration Macro Rule SatisfactionSurvey Tag Team Ticket TicketMessage"
        " User View Widget"
    )
)
#: The same, where the name doesn't begin with it.
ELSEWHERE = {
    "order-cancelled": "Integration",
    "order-refunded": "Integration",
    "audit-log-exported": "Account",
    "desk-clock-changed": "Account",
    "schema-migrated": "Account",
    "cascade-started": "Account",
}

#: Columns that no event changes after birth; whoever gives them a verb takes them off this list.
#: A key's name is what it was called when it was made, and a new value is a new key.
ONLY_AT_BIRTH = {("ApiKey", "name"), ("ApiKey", "scopes"), ("ApiKey", "key_hash")}

#: Models whose rows are no part of the object, and yet may go along with what happens to it.
ALONG = {
    "customer-merged": {"SatisfactionSurvey"},
    "ticket-deleted": {"SatisfactionSurvey"},
    "ticket-satisfaction-survey-skipped": {"SatisfactionSurvey"},
}

every_type = pytest.mark.parametrize("type_", list(registry), ids=str)
MODELS = {model.__name__: model for model in audited_models()}


def test_there_are_exactly_the_types_of_the_catalogue() -> None:
    expected = [*SIXTY, *ANNOUNCED, *API_ONLY, *OURS]
    assert (len(SIXTY), len(expected)) == (60, len(set(expected)))
    assert {type_.name for type_ in registry} == set(expected)


def test_the_drop_down_offers_the_sixty_and_the_two_announced() -> None:
    offered = {type_.name for type_ in registry if type_.in_drop_down}
    assert {*ANNOUNCED} == events.ANNOUNCED
    assert offered - events.ANNOUNCED == set(SIXTY)
    assert offered & events.ANNOUNCED == set(ANNOUNCED)


def test_every_type_has_a_constant_in_the_package() -> None:
    constants = {name for name in events.__all__ if name != "ANNOUNCED"}
    assert constants == {type_.constant for type_ in registry}
    assert all(getattr(events, type_.constant) is type_ for type_ in registry)


@every_type
def test_its_label_is_its_name_in_words(type_: EventType) -> None:
    words = type_.name.replace("-", " ").capitalize()
    words = words.replace("Api key", "API key")
    assert type_.label == ("Rule suggestion created" if type_.name == "rule-suggestion-suggested" else words)


def test_labels_and_meanings_are_unique() -> None:
    assert len({type_.meaning for type_ in registry}) == len(registry)
    assert len({type_.label for type_ in registry}) == len(registry)


@every_type
def test_it_happens_to_what_its_name_begins_with(type_: EventType) -> None:
    words = "".join(word.capitalize() for word in type_.name.split("-"))
    known = sorted((name for name in OBJECTS if words.startswith(name)), key=len)
    assert type_.object == (ELSEWHERE.get(type_.name) or known[-1])


@every_type
def test_it_may_change_only_what_there_is(type_: EventType) -> None:
    for name, columns in type_.claims.items():
        assert name in MODELS, f"{type_} claims {name}, which is no audited model"
        if columns != ALL:
            assert columns <= logged_columns(MODELS[name]).keys(), f"{type_} on {name}"
            kinds = {logged_columns(MODELS[name])[column] for column in columns}
            assert kinds <= {"state", "secret"}, f"{type_} claims what is set at birth of {name}"


@every_type
def test_what_it_changes_belongs_to_what_it_happens_to(type_: EventType) -> None:
    for name in type_.claims.keys() - ALONG.get(type_.name, set()):
        assert type_.object in owners(name) or name in owners(type_.object), f"{type_} claims {name}"


def owners(name: str) -> list[str]:
    """The model and, in turn, those it is a part of."""
    owner = MODELS[name].__owner__
    return [name, *(owners(owner[1]) if owner else [])]


STATE_COLUMNS = [
    (name, column)
    for name, model in MODELS.items()
    for column, kind in logged_columns(model).items()
    if kind in ("state", "secret")
]


@pytest.mark.parametrize(("name", "column"), STATE_COLUMNS, ids=lambda part: part)
def test_every_changing_column_has_an_event_that_may_change_it(name: str, column: str) -> None:
    claiming = [type_ for type_ in registry if type_.claims.get(name, frozenset()) & {"*", column}]
    assert claiming
    after_birth = [type_ for type_ in claiming if not type_.name.endswith(("-created", "-deleted", "-suggested"))]
    after_birth += [type_ for type_ in claiming if type_.name == "ticket-message-summary-created"]
    assert bool(after_birth) is ((name, column) not in ONLY_AT_BIRTH)


@pytest.mark.parametrize("name", MODELS)
def test_the_birth_of_every_row_is_some_events_matter(name: str) -> None:
    assert any(type_.claims.get(name) == ALL for type_ in registry)


def test_every_audited_model_is_known_here() -> None:
    assert set(MODELS) <= set(tables.__all__)


def test_no_forgotten_event_can_hide_in_the_summary() -> None:
    hidden = {
        *("status", "snooze_datetime", "closed_datetime", "subject", "spam", "trashed_datetime", "summary"),
        *("assignee_user_id", "assignee_team_id", "customer_id"),
    }
    assert not events.TICKET_UPDATED.claims["Ticket"] & hidden
    assert events.TICKET_UPDATED.claims.keys() == {"Ticket", "TicketFieldValue"}
    assert [type_ for type_ in registry if type_.nature is Nature.SUMMARY] == [events.TICKET_UPDATED]


def test_ticket_updated_takes_every_column_that_no_specific_type_covers() -> None:
    elsewhere = {
        column
        for type_ in registry
        if type_ is not events.TICKET_UPDATED
        for column in type_.claims.get("Ticket", frozenset()) - ALL
    }
    changing = {column for name, column in STATE_COLUMNS if name == "Ticket"}
    assert events.TICKET_UPDATED.claims["Ticket"] == changing - elsewhere


def test_the_summary_marks_the_ticket() -> None:
    moment = datetime(2026, 3, 3, 9, tzinfo=UTC)
    ticket = SimpleNamespace(updated_datetime=None, row_version=3)
    assert events.TICKET_UPDATED.touch is not None
    events.TICKET_UPDATED.touch(ticket, moment)
    assert (ticket.updated_datetime, ticket.row_version) == (moment, 4)


def test_tags_are_gathered_by_side() -> None:
    added, removed = events.TICKET_TAGS_ADDED, events.TICKET_TAGS_REMOVED
    assert (added.side, removed.side) == ("birth", "death")
    assert added.gathered is not None
    assert removed.gathered is not None
    born = {f"TicketTag:{row}": {"id": [None, row], "tag_id": [None, tag]} for row, tag in ((1, 17), (2, 4))}
    dead = {"TicketTag:3": {"id": [3, None], "tag_id": [17, None]}}
    assert added.gathered(born) == {"tags_added": [17, 4]}
    assert removed.gathered(dead) == {"tags_removed": [17]}


def test_ranks_put_creation_first_and_the_summary_before_the_rest() -> None:
    early = {type_.name: type_.rank for type_ in registry if type_.rank != 3}
    assert early == {"ticket-created": 0, "ticket-message-created": 1, "ticket-updated": 2}


@every_type
def test_what_it_names_exists(type_: EventType) -> None:
    named = {*type_.beside, *type_.companions, *type_.look_alikes, *type_.silences}
    assert all(name in registry for name in named)
    assert type_.name not in named


@every_type
def test_its_companions_are_listed_in_the_order_in_which_they_are_written(type_: EventType) -> None:
    ranks = [registry[name].rank for name in type_.companions if registry[name].object.startswith("Ticket")]
    assert ranks == sorted(ranks)


@every_type
def test_its_nature_and_its_claims_agree(type_: EventType) -> None:
    if type_.nature is Nature.FACT:
        assert not type_.claims
    elif type_.nature is Nature.COMPANION and type_.beside:
        assert not type_.claims, "claims of its own would let it stand without the general event"
    else:
        assert type_.claims
    if type_.nature is Nature.COMPANION:
        assert type_.companions
    assert (type_.nature is Nature.GATHERING) is (type_.gathered is not None)
    assert (type_.side is not None) is (type_.nature is Nature.GATHERING or type_ is events.CUSTOMER_DELETED)


@every_type
def test_somebody_can_cause_it(type_: EventType) -> None:
    assert type_.actors
    assert set(ACTOR_KINDS) >= type_.actors
    assert type_.by_hand or type_.by_api or type_.by_machine
    if "user" in type_.actors:
        assert type_.by_hand or type_.by_api
    if type_.actors & {"customer", "rule", "macro", "integration", "schedule", "system"}:
        assert type_.by_machine or type_.by_hand


def test_anybody_can_update_a_ticket_and_only_the_timer_wakes_one() -> None:
    assert events.TICKET_UPDATED.actors == ANYBODY
    assert events.TICKET_SELF_UNSNOOZED.actors == {"schedule"}
    ticket_types = [type_ for type_ in registry if type_.object in ("Ticket", "TicketMessage")]
    assert all(type_.actors <= events.TICKET_UPDATED.actors for type_ in ticket_types)


@every_type
def test_its_texts_are_whole_sentences(type_: EventType) -> None:
    assert type_.meaning
    texts = (type_.meaning, type_.by_hand, type_.by_machine, type_.choice, *type_.look_alikes.values())
    for text in filter(None, texts):
        assert text.endswith("."), text
        assert text[0].isupper(), text
        assert text == " ".join(text.split()), text
    assert 1 <= len(re.findall(r"\.(?= |$)", type_.meaning)) <= 3, type_.meaning


@every_type
def test_its_calls_name_a_method_and_a_path(type_: EventType) -> None:
    for call in filter(None, type_.by_api.split("; ")):
        assert re.fullmatch(r"(POST|PUT|DELETE) /api/\S+( \{.*\})?", call), call
        assert call.count("{") == call.count("}"), call


def test_our_choices_are_said_to_be_ours() -> None:
    chosen = {type_.name for type_ in registry if type_.choice}
    assert set(OURS) <= chosen
    assert chosen - set(OURS) == {
        *("ticket-snoozed", "ticket-self-unsnoozed", "ticket-reopened", "ticket-deleted", "ticket-message-created"),
        *("ticket-unassigned", "ticket-team-unassigned", "ticket-tags-added", "ticket-tags-removed"),
        *("ticket-customer-updated", "team-updated", "macro-applied", "user-password-reset"),
    }
    assert all(registry[name].choice.startswith("Our choice: ") for name in chosen)
