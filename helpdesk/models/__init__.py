"""The tables of the desk, one module per noun; nothing here knows of pages or verbs."""

from audit.clock import DeskClock
from audit.files import StoredFile
from helpdesk.models.account import Account, AccountSetting
from helpdesk.models.api import ApiAnswer, ApiBucket, OauthCode
from helpdesk.models.classroom import Seat
from helpdesk.models.customer import Customer, CustomerChannel, CustomerFieldValue
from helpdesk.models.extras import CustomField, Integration, SatisfactionSurvey, Widget
from helpdesk.models.learning import DrillResult, LessonRun
from helpdesk.models.machinery import (
    Delivery,
    EchoCall,
    Job,
    LoginSession,
    Notice,
    ReadMark,
    RuleCursor,
    RuleRun,
    ShopOrder,
    ShopReport,
)
from helpdesk.models.macro import Macro, Rule
from helpdesk.models.message import Attachment, TicketMessage
from helpdesk.models.tag import Tag
from helpdesk.models.team import Team, TeamMember
from helpdesk.models.ticket import Ticket, TicketAlias, TicketFieldValue, TicketTag
from helpdesk.models.user import ApiKey, Role, User
from helpdesk.models.view import View

__all__ = [
    "Account",
    "AccountSetting",
    "ApiAnswer",
    "ApiBucket",
    "ApiKey",
    "Attachment",
    "CustomField",
    "Customer",
    "CustomerChannel",
    "CustomerFieldValue",
    "Delivery",
    "DeskClock",
    "DrillResult",
    "EchoCall",
    "Integration",
    "Job",
    "LessonRun",
    "LoginSession",
    "Macro",
    "Notice",
    "OauthCode",
    "ReadMark",
    "Role",
    "Rule",
    "RuleCursor",
    "RuleRun",
    "SatisfactionSurvey",
    "Seat",
    "ShopOrder",
    "ShopReport",
    "StoredFile",
    "Tag",
    "Team",
    "TeamMember",
    "Ticket",
    "TicketAlias",
    "TicketFieldValue",
    "TicketMessage",
    "TicketTag",
    "User",
    "View",
    "Widget",
]
