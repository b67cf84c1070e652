"""The foundation: every table of the desk, the event log with its guards, and PostgreSQL's row-level security."""

import secrets

import sqlalchemy as sa
from alembic import context, op

from audit.base import BigId, Json, UtcDateTime
from audit.log import install_guards
from helpdesk.migrations.accounts import separate

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: Tables without account_id: the account itself is its own.
_WITHOUT_ACCOUNT = ("account",)


def upgrade() -> None:
    _create_tables()
    connection = op.get_bind()
    connection.execute(
        sa.text("INSERT INTO log_state (id, digest_key) VALUES (1, :key)"),
        {"key": secrets.token_hex(32)},
    )
    install_guards(connection)
    if connection.dialect.name == "postgresql":
        _separate_accounts(connection)
        _let_the_application_in(connection, context.get_context().opts.get("app_role"))


def _create_tables() -> None:
    # sqlite_autoincrement: else SQLite gives the number of the newest row, once that is deleted, to the next one, and
    # the log would tell two lives as one.
    op.create_table(
        "account",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain", sa.String(length=63), nullable=False),
        sa.Column("mail_address", sa.String(length=320), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("deactivated_datetime", UtcDateTime(), nullable=True),
        sa.Column("archived_datetime", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("domain", name=op.f("uq_account_domain")),
        sa.UniqueConstraint("mail_address", name=op.f("uq_account_mail_address")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "desk_clock",
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("anchor_wall", UtcDateTime(), nullable=False),
        sa.Column("anchor_desk", UtcDateTime(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_desk_clock")),
    )
    op.create_table(
        "event",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("object_type", sa.String(length=64), nullable=False),
        sa.Column("object_id", BigId, nullable=False),
        sa.Column("object_label", sa.Text(), nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("actor_version", sa.Integer(), nullable=True),
        sa.Column("initiator_id", BigId, nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("context", sa.Uuid(), nullable=False),
        sa.Column("cause_id", BigId, nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("recorded_datetime", UtcDateTime(), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_context", "event", ["context"], unique=False)
    op.create_index("ix_event_member", "event", ["account_id", "user_id", "created_datetime", "type"], unique=False)
    op.create_index(
        "ix_event_object", "event", ["account_id", "object_type", "object_id", "created_datetime"], unique=False
    )
    op.create_index("ix_event_period", "event", ["account_id", "created_datetime", "id"], unique=False)
    op.create_index("ix_event_type", "event", ["account_id", "type", "created_datetime", "user_id"], unique=False)
    op.create_table(
        "event_head",
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("last_id", BigId, nullable=False),
        sa.Column("last_datetime", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_event_head")),
    )
    op.create_table(
        "log_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest_key", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_state")),
    )
    op.create_table(
        "stored_text",
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_stored_text")),
    )
    op.create_table(
        "account_setting",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_setting_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_setting")),
        sa.UniqueConstraint("account_id", "type", "name", name=op.f("uq_account_setting_account_id_type_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "api_key",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("refresh_hash", sa.String(length=64), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("expires_datetime", UtcDateTime(), nullable=True),
        sa.Column("revoked_datetime", UtcDateTime(), nullable=True),
        sa.Column("last_used_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_key_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_api_key_account_id"), "api_key", ["account_id"], unique=False)
    op.create_index("ix_api_key_key_hash", "api_key", ["key_hash"], unique=False)
    op.create_table(
        "custom_field",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("object_type", sa.String(length=16), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("description", sa.String(length=1024), nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("requirement_type", sa.String(length=16), nullable=False),
        sa.Column("managed_type", sa.String(length=32), nullable=True),
        sa.Column("definition", Json, nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=True),
        sa.Column("deactivated_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_custom_field_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_custom_field_account_id"), "custom_field", ["account_id"], unique=False)
    op.create_table(
        "customer",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("firstname", sa.Text(), nullable=False),
        sa.Column("lastname", sa.Text(), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("data", Json, nullable=True),
        sa.Column("data_version", UtcDateTime(), nullable=True),
        sa.Column("meta", Json, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("stands_for_deleted", sa.Boolean(), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_customer_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("account_id", "email_key", name=op.f("uq_customer_account_id_email_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_customer_created", "customer", ["account_id", "created_datetime", "id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("stable_id", sa.String(length=255), nullable=False),
        sa.Column("ticket_id", BigId, nullable=True),
        sa.Column("ticket_message_id", BigId, nullable=True),
        sa.Column("integration_id", BigId, nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("next_attempt_datetime", UtcDateTime(), nullable=True),
        sa.Column("sent_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_delivery_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("stable_id", name=op.f("uq_delivery_stable_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_delivery_account_id"), "delivery", ["account_id"], unique=False)
    op.create_index("ix_delivery_due", "delivery", ["status", "next_attempt_datetime"], unique=False)
    op.create_index(op.f("ix_delivery_ticket_id"), "delivery", ["ticket_id"], unique=False)
    op.create_index(op.f("ix_delivery_ticket_message_id"), "delivery", ["ticket_message_id"], unique=False)
    op.create_table(
        "integration",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("http", Json, nullable=True),
        sa.Column("headers", Json, nullable=True),
        sa.Column("hmac_secret", sa.Text(), nullable=True),
        sa.Column("meta", Json, nullable=True),
        sa.Column("decoration", Json, nullable=True),
        sa.Column("application_id", sa.String(length=255), nullable=True),
        sa.Column("business_hours_id", BigId, nullable=True),
        sa.Column("managed", sa.Boolean(), nullable=False),
        sa.Column("created_by_user_id", BigId, nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=True),
        sa.Column("deactivated_datetime", UtcDateTime(), nullable=True),
        sa.Column("locked_datetime", UtcDateTime(), nullable=True),
        sa.Column("failures_in_a_row", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_integration_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_integration_account_id"), "integration", ["account_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("info", Json, nullable=True),
        sa.Column("meta", Json, nullable=True),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("scheduled_datetime", UtcDateTime(), nullable=True),
        sa.Column("started_datetime", UtcDateTime(), nullable=True),
        sa.Column("ended_datetime", UtcDateTime(), nullable=True),
        sa.Column("cancel_requested_datetime", UtcDateTime(), nullable=True),
        sa.Column("cancelled_datetime", UtcDateTime(), nullable=True),
        sa.Column("failed_datetime", UtcDateTime(), nullable=True),
        sa.Column("locked_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_job_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_job_account_id"), "job", ["account_id"], unique=False)
    op.create_index("ix_job_due", "job", ["status", "scheduled_datetime"], unique=False)
    op.create_table(
        "login_session",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("expires_datetime", UtcDateTime(), nullable=False),
        sa.Column("remote_addr", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_login_session_user_id"), "login_session", ["user_id"], unique=False)
    op.create_table(
        "macro",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actions", Json, nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("intent", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=True),
        sa.Column("archived_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_macro_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macro")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_macro_account_id"), "macro", ["account_id"], unique=False)
    op.create_table(
        "read_mark",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("read_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_read_mark_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_mark")),
        sa.UniqueConstraint("user_id", "ticket_id", name=op.f("uq_read_mark_user_id_ticket_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_read_mark_ticket_id"), "read_mark", ["ticket_id"], unique=False)
    op.create_table(
        "rule",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_ast", Json, nullable=True),
        sa.Column("event_types", sa.Text(), nullable=True),
        sa.Column("schedule", sa.String(length=255), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.Column("suggested_ticket_id", BigId, nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=True),
        sa.Column("deactivated_datetime", UtcDateTime(), nullable=True),
        sa.Column("failures_in_a_row", sa.Integer(), nullable=False),
        sa.Column("next_run_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_rule_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_priority", "rule", ["account_id", "priority", "id"], unique=False)
    op.create_table(
        "rule_cursor",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("event_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_rule_cursor_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_cursor")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_rule_cursor_account_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "satisfaction_survey",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("answer_digest", sa.String(length=64), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("body_text", sa.String(length=1000), nullable=True),
        sa.Column("meta", Json, nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("should_send_datetime", UtcDateTime(), nullable=True),
        sa.Column("sent_datetime", UtcDateTime(), nullable=True),
        sa.Column("scored_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_satisfaction_survey_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_satisfaction_survey")),
        sa.UniqueConstraint("account_id", "ticket_id", name=op.f("uq_satisfaction_survey_account_id_ticket_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_satisfaction_survey_due", "satisfaction_survey", ["account_id", "should_send_datetime"], unique=False
    )
    op.create_table(
        "stored_file",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("account_id", "digest", name=op.f("uq_stored_file_account_id_digest")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tag",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=1024), nullable=True),
        sa.Column("decoration", Json, nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_tag_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_tag_account_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "team",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("decoration", Json, nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_team_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_team_account_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "user",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("meta", Json, nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("invitation_digest", sa.String(length=64), nullable=True),
        sa.Column("invitation_expires", UtcDateTime(), nullable=True),
        sa.Column("reset_digest", sa.String(length=64), nullable=True),
        sa.Column("reset_expires", UtcDateTime(), nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=False),
        sa.Column("deactivated_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_user_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email_key", name=op.f("uq_user_email_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_user_account_id"), "user", ["account_id"], unique=False)
    op.create_table(
        "view",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("owner_user_id", BigId, nullable=True),
        sa.Column("decoration", Json, nullable=True),
        sa.Column("fields", Json, nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("filters_ast", Json, nullable=True),
        sa.Column("order_by", sa.String(length=64), nullable=False),
        sa.Column("order_dir", sa.String(length=4), nullable=False),
        sa.Column("search", sa.Text(), nullable=True),
        sa.Column("section_id", BigId, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("shared_with_teams", Json, nullable=False),
        sa.Column("shared_with_users", Json, nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("deactivated_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_view_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_view_account_id"), "view", ["account_id"], unique=False)
    op.create_table(
        "customer_channel",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=True),
        sa.Column("deleted_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_customer_channel_account_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_channel_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_channel")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_customer_channel_address", "customer_channel", ["account_id", "type", "address"], unique=False)
    op.create_index(op.f("ix_customer_channel_customer_id"), "customer_channel", ["customer_id"], unique=False)
    op.create_table(
        "customer_field_value",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("custom_field_id", BigId, nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_customer_field_value_account_id")),
        sa.ForeignKeyConstraint(
            ["custom_field_id"], ["custom_field.id"], name=op.f("fk_customer_field_value_custom_field_id")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_field_value_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_field_value")),
        sa.UniqueConstraint(
            "customer_id", "custom_field_id", name=op.f("uq_customer_field_value_customer_id_custom_field_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "team_member",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("team_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_team_member_account_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_team_member_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_member")),
        sa.UniqueConstraint("team_id", "user_id", name=op.f("uq_team_member_team_id_user_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_team_member_account_id"), "team_member", ["account_id"], unique=False)
    op.create_index(op.f("ix_team_member_user_id"), "team_member", ["user_id"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=998), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("via", sa.String(length=64), nullable=False),
        sa.Column("from_agent", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("spam", sa.Boolean(), nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("assignee_user_id", BigId, nullable=True),
        sa.Column("assignee_team_id", BigId, nullable=True),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("meta", Json, nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("excerpt", sa.String(length=200), nullable=True),
        sa.Column("messages_count", sa.Integer(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("excluded_from_csat", sa.Boolean(), nullable=False),
        sa.Column("excluded_from_auto_merge", sa.Boolean(), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=False),
        sa.Column("opened_datetime", UtcDateTime(), nullable=True),
        sa.Column("last_message_datetime", UtcDateTime(), nullable=True),
        sa.Column("last_received_message_datetime", UtcDateTime(), nullable=True),
        sa.Column("closed_datetime", UtcDateTime(), nullable=True),
        sa.Column("snooze_datetime", UtcDateTime(), nullable=True),
        sa.Column("trashed_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ticket_account_id")),
        sa.ForeignKeyConstraint(["assignee_team_id"], ["team.id"], name=op.f("fk_ticket_assignee_team_id")),
        sa.ForeignKeyConstraint(["assignee_user_id"], ["user.id"], name=op.f("fk_ticket_assignee_user_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_ticket_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ticket_assignee", "ticket", ["account_id", "assignee_user_id"], unique=False)
    op.create_index("ix_ticket_created", "ticket", ["account_id", "created_datetime", "id"], unique=False)
    op.create_index("ix_ticket_customer", "ticket", ["customer_id"], unique=False)
    op.create_index("ix_ticket_list", "ticket", ["account_id", "updated_datetime", "id"], unique=False)
    op.create_index("ix_ticket_snooze", "ticket", ["account_id", "snooze_datetime"], unique=False)
    op.create_index("ix_ticket_team", "ticket", ["account_id", "assignee_team_id"], unique=False)
    op.create_index("ix_ticket_trash", "ticket", ["account_id", "trashed_datetime"], unique=False)
    op.create_table(
        "widget",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("context", sa.String(length=16), nullable=False),
        sa.Column("template", Json, nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("integration_id", BigId, nullable=True),
        sa.Column("app_id", sa.String(length=255), nullable=True),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=True),
        sa.Column("deactivated_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_widget_account_id")),
        sa.ForeignKeyConstraint(["integration_id"], ["integration.id"], name=op.f("fk_widget_integration_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widget")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_widget_account_id"), "widget", ["account_id"], unique=False)
    op.create_table(
        "ticket_alias",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("former_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ticket_alias_account_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_alias_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_alias")),
        sa.UniqueConstraint("account_id", "former_id", name=op.f("uq_ticket_alias_account_id_former_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ticket_alias_ticket_id"), "ticket_alias", ["ticket_id"], unique=False)
    op.create_table(
        "ticket_field_value",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("custom_field_id", BigId, nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ticket_field_value_account_id")),
        sa.ForeignKeyConstraint(
            ["custom_field_id"], ["custom_field.id"], name=op.f("fk_ticket_field_value_custom_field_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_field_value_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_field_value")),
        sa.UniqueConstraint(
            "ticket_id", "custom_field_id", name=op.f("uq_ticket_field_value_ticket_id_custom_field_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ticket_message",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("from_agent", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("via", sa.String(length=64), nullable=False),
        sa.Column("sender_user_id", BigId, nullable=True),
        sa.Column("sender_customer_id", BigId, nullable=True),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_address", sa.String(length=320), nullable=True),
        sa.Column("source", Json, nullable=True),
        sa.Column("subject", sa.String(length=998), nullable=True),
        sa.Column("body_text", sa.Text(), nullable=True),
        sa.Column("body_html", sa.Text(), nullable=True),
        sa.Column("stripped_text", sa.Text(), nullable=True),
        sa.Column("stripped_html", sa.Text(), nullable=True),
        sa.Column("stripped_signature", sa.Text(), nullable=True),
        sa.Column("message_id", sa.String(length=255), nullable=True),
        sa.Column("in_reply_to", sa.String(length=255), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("integration_id", BigId, nullable=True),
        sa.Column("rule_id", BigId, nullable=True),
        sa.Column("intents", Json, nullable=True),
        sa.Column("macros", Json, nullable=True),
        sa.Column("actions", Json, nullable=True),
        sa.Column("mention_ids", Json, nullable=True),
        sa.Column("headers", Json, nullable=True),
        sa.Column("meta", Json, nullable=True),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("created_datetime", UtcDateTime(), nullable=False),
        sa.Column("updated_datetime", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ticket_message_account_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_message_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_message")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_ticket_message_created", "ticket_message", ["account_id", "created_datetime", "id"], unique=False
    )
    op.create_index("ix_ticket_message_mail", "ticket_message", ["account_id", "message_id"], unique=False)
    op.create_index("ix_ticket_message_thread", "ticket_message", ["ticket_id", "created_datetime", "id"], unique=False)
    op.create_table(
        "ticket_tag",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("ticket_id", BigId, nullable=False),
        sa.Column("tag_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ticket_tag_account_id")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_ticket_tag_tag_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_tag_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_tag")),
        sa.UniqueConstraint("ticket_id", "tag_id", name=op.f("uq_ticket_tag_ticket_id_tag_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_ticket_tag_tag_id"), "ticket_tag", ["tag_id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("ticket_message_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("content_type", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content_id", sa.String(length=255), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("extra", Json, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_attachment_account_id")),
        sa.ForeignKeyConstraint(
            ["ticket_message_id"], ["ticket_message.id"], name=op.f("fk_attachment_ticket_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attachment_ticket_message_id"), "attachment", ["ticket_message_id"], unique=False)


def _separate_accounts(connection: sa.Connection) -> None:
    for table in sa.inspect(connection).get_table_names():
        columns = {column["name"] for column in sa.inspect(connection).get_columns(table)}
        if "account_id" in columns:
            separate(connection, table)
        elif table in _WITHOUT_ACCOUNT:
            separate(connection, table, "id")


def _let_the_application_in(connection: sa.Connection, role: str | None) -> None:
    if role is None:
        return
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"REVOKE UPDATE, DELETE ON event, stored_text, stored_file FROM {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON log_state, alembic_version FROM {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ):
        connection.exec_driver_sql(statement)
