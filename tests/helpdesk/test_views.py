"""The verbs of views, on both databases: what they write, what they refuse, and who sees what."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from audit.action import begin
from audit.actors import Actor
from helpdesk import integrations, marks, messages, tickets, views
from helpdesk.drafts import Draft
from helpdesk.language.filters import condition
from helpdesk.models import CustomField, Integration, Role, Ticket, View
from helpdesk.refusals import Refused
from helpdesk.views import MOST_VIEWS, Shape, shape_of
from helpdesk.web import viewing
from tests.desks import Desk, open_desk

URGENT = Shape(name="Urgent", filters="eq(ticket.priority, 'high')")


class Somebody:
    """Who looks, in a role."""

    def __init__(self, number: int, role: Role) -> None:
        self.id = number
        self.role = role.value


def make(desk: Desk, by: Actor | None = None, **chosen: object) -> int:
    """A view; answers its number."""
    with desk.acting():
        return views.create(desk.account, replace(URGENT, **chosen), by=by or desk.by_admin).id  # type: ignore[arg-type]


def get(desk: Desk, number: int) -> View:
    """A view, held for the action."""
    return desk.session.get_one(View, number, with_for_update=True)


def test_a_view_keeps_what_was_chosen(desk: Desk) -> None:
    number = make(desk, name="  Urgent \r\n stuff ", emoji="🔥", filters=" eq(ticket.spam, false)\r\n")
    view = get(desk, number)
    assert number > 100, "numbers up to 100 are the desk's own views'"
    assert (view.name, view.slug, view.category, view.type) == ("Urgent stuff", "urgent-stuff", "user", "ticket-list")
    assert view.filters == "eq(ticket.spam, false)"
    assert view.filters_ast is not None
    assert view.filters_ast["body"][0]["expression"]["callee"]["name"] == "eq"
    assert (view.owner_user_id, view.decoration) == (desk.admin_id, {"emoji": "🔥"})


def test_one_save_is_one_event_with_all_that_changed(desk: Desk) -> None:
    number = make(desk)
    with desk.watched() as trail, desk.acting():
        changed = Shape(
            name="Other", filters="isEmpty(ticket.tags.name)", visibility="shared", emoji="⭐", fields=("id", "tags"),
            order_by="priority", order_dir="asc", teams=(desk.team_id,), users=(desk.ben_id, desk.ana_id, desk.ben_id),
        )  # fmt: skip
        views.update(get(desk, number), changed, by=desk.by_admin)
    assert trail.lines == [("view-updated", "Ada Admin")]
    changes = trail["view-updated"].changes[f"View:{number}"]
    assert changes["name"] == ["Urgent", "Other"]
    assert changes["shared_with_users"] == [[], sorted([desk.ana_id, desk.ben_id])]
    assert {"filters", "filters_ast", "visibility", "decoration", "fields", "order_by"} <= changes.keys()
    assert shape_of(get(desk, number)) == replace(changed, users=tuple(sorted([desk.ana_id, desk.ben_id])))


def test_what_is_saved_as_it_was_writes_nothing(desk: Desk) -> None:
    number = make(desk)
    with desk.watched() as trail, desk.acting():
        views.update(get(desk, number), shape_of(get(desk, number)), by=desk.by_admin)
        views.reactivate(get(desk, number), by=desk.by_admin)
        views.move(get(desk, number), None, by=desk.by_admin)
    assert trail.types == []


REFUSED = [
    ({"filters": "eq(ticket.stauts, 'open')"}, "there is no field ticket.stauts. Did you mean ticket.status?"),
    ({"filters": "eq(ticket.status,"}, "never closed"),
    ({"filters": "eq(ticket.custom_fields.77, 'x')"}, "there is no custom field 77"),
    ({"visibility": "everybody"}, "public, shared or private"),
    ({"visibility": "shared"}, "Choose with whom"),
    ({"visibility": "shared", "users": (999_999,)}, "There is no team member 999999 any more"),
    ({"visibility": "shared", "teams": (999_999,)}, "There is no team 999999 any more"),
    ({"visibility": "shared", "teams": tuple(range(1, 150))}, "at most 100 teams"),
    ({"order_by": "subject"}, "ordered by one of"),
    ({"order_dir": "sideways"}, "ordered by one of"),
    ({"fields": ("password",)}, "There is no column 'password'"),
    ({"name": "x" * 200}, "at most 120 characters"),
    ({"emoji": "<script>"}, "An emoji is one sign"),
]


@pytest.mark.parametrize(("chosen", "said"), REFUSED)
def test_what_is_refused_writes_nothing(desk: Desk, chosen: dict[str, object], said: str) -> None:
    number = make(desk)
    with desk.watched() as trail:
        with pytest.raises(Refused, match=said):
            make(desk, None, **chosen)
        with pytest.raises(Refused, match=said), desk.acting():
            views.update(get(desk, number), replace(URGENT, **chosen), by=desk.by_admin)  # type: ignore[arg-type]
    assert trail.types == []


def test_names_of_every_sort(desk: Desk) -> None:
    for name in ("😀" * 120, "<script>alert(1)</script>", "{{ 7*7 }}", "'; DROP TABLE view; --", "שלום", "a\r\nBcc: x"):
        assert get(desk, make(desk, name=name)).name == " ".join(name.split())
    assert get(desk, make(desk, name="\u202eevil")).name == "evil"
    assert get(desk, make(desk, name="")).name == "", "a program may leave it out"


def test_only_who_made_a_view_can_keep_it_for_themselves(desk: Desk) -> None:
    number = make(desk)
    with pytest.raises(Refused, match="Only who made a view"), desk.acting():
        views.update(get(desk, number), replace(URGENT, visibility="private"), by=desk.by_ana)
    with desk.acting():
        views.update(get(desk, number), replace(URGENT, visibility="private"), by=desk.by_admin)
    with pytest.raises(Refused, match="nobody is here to own it"), desk.acting("cli"):
        views.create(desk.account, replace(URGENT, visibility="private"), by=Actor.system("sign-up"))


def names(desk: Desk, visibility: str = "public") -> list[str]:
    """The views of one sort, in their order."""
    desk.session.info["account_id"] = desk.account_id
    return [view.name for view in views.in_order(desk.session, desk.admin_id) if view.visibility == visibility]


def test_moving_one_view_changes_no_other(desk: Desk) -> None:
    numbers = [make(desk, name=name) for name in "ABCD"]
    private = make(desk, name="Mine", visibility="private")
    for moved, before, order in ((3, 0, "DABC"), (0, 2, "DBAC"), (3, None, "BACD"), (2, 1, "CBAD")):
        with desk.watched() as trail, desk.acting():
            goal = get(desk, numbers[before]) if before is not None else None
            views.move(get(desk, numbers[moved]), goal, by=desk.by_admin)
        assert "".join(names(desk)) == order
        assert trail.types == ["view-updated"]
    with pytest.raises(Refused, match="each by themselves"), desk.acting():
        views.move(get(desk, private), get(desk, numbers[0]), by=desk.by_admin)


def test_where_there_is_no_room_left_all_make_room(desk: Desk) -> None:
    numbers = [make(desk, name=name) for name in "ABC"]
    for turn in range(24):
        with desk.acting():
            views.move(get(desk, numbers[2 - turn % 2]), get(desk, numbers[1 + turn % 2]), by=desk.by_admin)
    assert "".join(sorted(names(desk))) == "ABC"
    assert len({get(desk, number).position for number in numbers}) == 3


def test_a_view_that_is_off_is_seen_by_nobody(desk: Desk) -> None:
    number = make(desk)
    with desk.watched() as trail:
        for verb in (views.deactivate, views.deactivate, views.reactivate, views.reactivate, views.deactivate):
            with desk.acting():
                verb(get(desk, number), by=desk.by_admin)
    assert trail.types == ["view-updated"] * 3
    assert str(number) not in [view.name for view in viewing.visible(desk.session, desk.admin)]


def test_the_desks_own_views_are_fixed(desk: Desk) -> None:
    number = make(desk)
    fixed = get(desk, number)
    desk.session.expunge(fixed)
    fixed.category = "system"
    for act in (views.delete, views.deactivate, views.reactivate):
        with pytest.raises(Refused, match="fixed"):
            act(fixed, by=desk.by_admin)


def test_there_is_an_end_to_views(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_VIEWS == 500
    monkeypatch.setattr(views, "MOST_VIEWS", 2)
    make(desk)
    make(desk)
    with pytest.raises(Refused, match="There are 2 views already"):
        make(desk)


def test_who_sees_what(desk: Desk) -> None:
    public = make(desk, name="public")
    team = make(desk, name="team", visibility="shared", teams=(desk.team_id,))
    ben = make(desk, name="ben", visibility="shared", users=(desk.ben_id,))
    mine = make(desk, by=desk.by_ana, name="mine", visibility="private")
    seen = {
        desk.admin_id: [public, team, ben],  # she made them
        desk.ana_id: [public, team, mine],
        desk.ben_id: [public, team, ben],
        desk.owner_id: [public],
    }
    for number, expected in seen.items():
        shown = viewing.visible(desk.session, Somebody(number, Role.BASIC))
        assert [view.id for view in shown if not view.is_system] == expected
        for each in (public, team, ben, mine):
            found = viewing.find(desk.session, Somebody(number, Role.BASIC), str(each))
            assert (found is not None) == (each in expected)
    assert viewing.find(desk.session, desk.ana, "no such") is None


ROLES = {
    Role.OWNER: (True, False), Role.ADMIN: (True, False), Role.LEAD: (True, False),
    Role.BASIC: (False, False), Role.LITE: (False, False), Role.OBSERVER: (False, False),
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_who_may_change_what(desk: Desk, role: Role) -> None:
    shared, private = ROLES[role]
    public, anas = make(desk), make(desk, by=desk.by_ana, visibility="private")
    stranger, ana = Somebody(desk.ben_id, role), Somebody(desk.ana_id, role)
    assert views.may_change(stranger, get(desk, public)) is shared
    assert views.may_make(stranger, "public") is shared
    assert views.may_make(stranger, "shared") is shared
    assert views.may_make(stranger, "private")
    assert views.may_change(stranger, get(desk, anas)) is private
    assert views.may_read(stranger, get(desk, anas), set()) is False
    assert views.may_change(ana, get(desk, anas))


def test_counts_are_one_statement_and_right(desk: Desk) -> None:
    first, second = desk.a_ticket().id, desk.a_ticket().id
    with desk.acting():
        tickets.set_priority(desk.ticket(first), "high", by=desk.by_ana)
    high, off = make(desk), make(desk, name="all", filters="")
    mine = make(desk, filters="eq(ticket.assignee_user.id, {{current_user.id}})")
    with desk.acting():
        tickets.assign(desk.ticket(second), desk.ana, by=desk.by_ana)
    everything = len(desk.session.scalars(select(Ticket)).all())
    for user, assigned in ((desk.ana, 1), (desk.ben, 0)):
        listed = viewing.visible(desk.session, user)
        counts = viewing.counts(desk.session, listed)
        assert (counts[str(high)], counts[str(off)], counts[str(mine)]) == (1, everything, assigned)


def test_only_so_many_views_are_counted(desk: Desk) -> None:
    for number in range(viewing.COUNTED + 3):
        make(desk, name=f"View {number}", filters="containsAny(ticket.tags.name, ['a', 'b'])")
    listed = viewing.visible(desk.session, desk.admin)
    counts = viewing.counts(desk.session, listed)
    uncounted = [view.label for view in listed if view.name not in counts]
    assert uncounted == ["View 30", "View 31", "View 32"]


def test_a_filter_that_nobody_can_read_any_more_breaks_no_page(desk: Desk) -> None:
    number = make(desk)
    view = get(desk, number)
    desk.session.expunge(view)
    view.filters = "eq(ticket.gone, 1)"
    broken = viewing._own(desk.session, desk.admin_id, view, None)
    assert viewing.counts(desk.session, [broken]) == {str(number): 0}
    assert "can't be read" in broken.empty


def test_views_can_ask_for_custom_fields_of_their_own_account(desk: Desk) -> None:
    other = open_desk(desk.session, "other")
    begin(desk.session, other.account_id, source="cli")
    theirs = CustomField(
        account_id=other.account_id, object_type="Ticket", label="Theirs", created_datetime=other.now(),
        definition={"data_type": "text"},
    )  # fmt: skip
    desk.session.add(theirs)
    desk.session.flush()
    assert views.vocabulary(desk.session, other.account_id).find(f"ticket.custom_fields.{theirs.id}") is not None
    assert views.vocabulary(desk.session, desk.account_id).find(f"ticket.custom_fields.{theirs.id}") is None
    desk.session.rollback()


def test_a_view_asks_who_it_is_from_what_is_unread_and_by_what_it_came(desk: Desk) -> None:
    first, second = desk.a_ticket().id, desk.a_ticket().id
    with desk.acting():
        shop = integrations.create(desk.account, "chat", "Chat", by=desk.by_admin).id
        draft = Draft(sender=desk.ticket(second).customer, body_text="Hello", integration_id=shop)
        messages.receive(desk.ticket(second), draft, by=Actor("customer", desk.carol_id, "Carol"))
    with desk.acting():
        marks.note_read(desk.session, desk.account_id, desk.ana_id, first, desk.now())

    def found(filters: str, viewer: int) -> set[int]:
        asked = condition(filters, desk.session, viewer)
        return set(desk.session.scalars(select(Ticket.id).where(asked, Ticket.id.in_([first, second]))))

    for filters, of_ana, of_ben in (
        (f"eq(ticket.customer.id, {desk.carol_id})", {first, second}, {first, second}),
        (f"neq(ticket.customer.id, {desk.carol_id})", set(), set()),
        ("eq(ticket.is_unread, true)", {second}, {first, second}),
        ("neq(ticket.is_unread, true)", {first}, set()),
        ("isNotEmpty(ticket.is_unread)", {first, second}, {first, second}),
        (f"containsAny(ticket.integrations.id, [{shop}, 99])", {second}, {second}),
        (f"neq(ticket.integrations.id, {shop})", {first}, {first}),
        ("isEmpty(ticket.integrations.id)", {first}, {first}),
        ("gteTimedelta(ticket.created_datetime, '1d')", {first, second}, {first, second}),
        ("lteTimedelta(ticket.created_datetime, '1d')", set(), set()),
    ):
        assert (found(filters, desk.ana_id), found(filters, desk.ben_id)) == (of_ana, of_ben), filters
    with desk.acting():
        asking = [views.create(desk.account, views.Shape(filters=f"eq(ticket.integrations.id, {n})"), by=desk.by_admin)
                  for n in (shop, 99)]  # fmt: skip
        numbers = [view.id for view in asking]
    with desk.watched() as trail, desk.acting():
        integrations.delete(desk.session.get_one(Integration, shop), by=desk.by_admin)
    assert trail.actors == [("view-updated", "system"), ("integration-deleted", "user")]
    assert [desk.session.get_one(View, n).deactivated_datetime is None for n in numbers] == [False, True]
