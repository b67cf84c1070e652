"""Whether an account's rules and habits follow its log, and from where: a cursor stands while somebody listens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from audit.action import current
from audit.log import event_head
from audit.sessions import scoped
from helpdesk.models import AccountSetting, Rule, RuleCursor

#: The name of the place in the log up to which an account's rules have seen what happened.
CURSOR: Final = "rules"

#: Settings that let the desk do something by itself, without a rule.
HABITS: Final = ("ticket-assignment", "auto-merge", "rule-suggestions")


#: Where a transaction keeps who listens.
_MEMO: Final = "listeners"


@dataclass(frozen=True)
class Listeners:
    """Who listens to an account's log: rules by the type of event that sets them off, in order, and habits."""

    rules: Mapping[str, tuple[Rule, ...]]
    habits: Mapping[str, Mapping[str, Any]]


def listeners(session: Session, account_id: int) -> Listeners:
    """Who listens just now; whoever acts looks it up once a transaction."""
    memo = current(session).memo
    if _MEMO not in memo:
        by_type: dict[str, tuple[Rule, ...]] = {}
        for rule in session.scalars(_active(account_id).order_by(Rule.priority.desc(), Rule.id)):
            for type_ in (rule.event_types or "").split(","):
                by_type[type_] = (*by_type.get(type_, ()), rule)
        memo[_MEMO] = Listeners(by_type, habits(session, account_id))
    found: Listeners = memo[_MEMO]
    return found


def look_again(session: Session) -> None:
    """Somebody else may listen now."""
    current(session).memo.pop(_MEMO, None)


def arrange(session: Session, account_id: int) -> None:
    """Let whoever listens see what happens from now on; where nobody does, nothing is followed."""
    session.flush()
    look_again(session)
    cursor = session.scalar(
        select(RuleCursor).where(RuleCursor.account_id == account_id, RuleCursor.name == CURSOR).with_for_update()
    )
    if not (_has_rules(session, account_id) or habits(session, account_id)):
        if cursor is not None:  # whoever comes next begins where the log ends then
            session.delete(cursor)
    elif cursor is None:
        newest = session.scalar(scoped(session, event_head.c.last_id, table=event_head)) or 0
        session.add(RuleCursor(account_id=account_id, name=CURSOR, event_id=newest))


def habits(session: Session, account_id: int) -> dict[str, dict[str, object]]:
    """What the desk does by itself, by the settings that say so."""
    rows = session.execute(
        select(AccountSetting.type, AccountSetting.data).where(
            AccountSetting.account_id == account_id, AccountSetting.type.in_(HABITS), AccountSetting.name == ""
        )
    )
    return {row.type: row.data for row in rows if row.data.get("enabled")}


def _has_rules(session: Session, account_id: int) -> bool:
    return session.scalar(_active(account_id).limit(1)) is not None


def _active(account_id: int) -> Select[Rule]:
    return select(Rule).where(
        Rule.account_id == account_id,
        Rule.deactivated_datetime.is_(None),
        Rule.is_draft.is_(False),
        Rule.event_types.is_not(None),
    )
