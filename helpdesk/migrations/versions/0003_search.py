"""Words of subjects and messages, kept by triggers beside the rows, so that tickets are found by what was written.

What is indexed can always be made anew from the rows, so the log knows nothing of it.
"""

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: Index, the table it follows, and the column whose words it holds.
_FOLLOWED = (("message_words", "ticket_message", "body_text"), ("ticket_words", "ticket", "subject"))


def upgrade() -> None:
    connection = op.get_bind()
    # How many messages somebody had seen: on a clock that stands, the time alone does not tell what is new.
    op.add_column("read_mark", sa.Column("read_messages", sa.Integer(), nullable=False, server_default="0"))
    if connection.dialect.name == "sqlite":
        for index, table, column in _FOLLOWED:
            _follow_on_sqlite(connection, index, table, column)
        return
    connection.exec_driver_sql("SELECT set_config('desk.account', 'all', true)")  # forced on the tables' owner, too
    connection.execute(sa.text(_PLAIN_WORDS.replace(":", "\\:")))
    for index, table, column in _FOLLOWED:
        _follow_on_postgres(connection, index, table, column)


def _follow_on_sqlite(connection: sa.Connection, index: str, table: str, column: str) -> None:
    enter = f"INSERT INTO {index}(rowid, {column}) VALUES (new.id, new.{column});"
    leave = f"INSERT INTO {index}({index}, rowid, {column}) VALUES ('delete', old.id, old.{column});"
    for statement in (
        (
            f"CREATE VIRTUAL TABLE {index} USING fts5({column}, content='{table}', content_rowid='id',"
            " tokenize='unicode61 remove_diacritics 2')"
        ),
        f"CREATE TRIGGER {index}_born AFTER INSERT ON {table} BEGIN {enter} END",
        f"CREATE TRIGGER {index}_gone AFTER DELETE ON {table} BEGIN {leave} END",
        f"CREATE TRIGGER {index}_changed AFTER UPDATE OF {column} ON {table} BEGIN {leave} {enter} END",
        f"INSERT INTO {index}({index}) VALUES ('rebuild')",
    ):
        connection.exec_driver_sql(statement)


# As `unicode61 remove_diacritics` of the other database has it: letters without their marks, apart at every sign. A
# word of the text search holds positions up to a megabyte, which this many characters never need.
_PLAIN_WORDS = r"""
    CREATE FUNCTION plain_words(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT translate(
        regexp_replace(normalize(left(coalesce(written, ''), 100000), NFKD), U&'[\0300-\036F]', '', 'g'),
        '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)) $$
"""

# The tables are out of the application's reach: its row-level security would forbid the index to be used. What it may
# call answers with numbers of the account that was entered, and with nothing else.
_POSTGRES = (
    "CREATE TABLE {index} (id bigint PRIMARY KEY, account_id bigint NOT NULL, words tsvector NOT NULL)",
    "ALTER TABLE {index} ENABLE ROW LEVEL SECURITY",
    """CREATE FUNCTION keep_{index}() RETURNS trigger
       LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
       BEGIN
         IF TG_OP = 'DELETE' THEN
           DELETE FROM {index} WHERE id = OLD.id;
         ELSE
           INSERT INTO {index} (id, account_id, words)
             VALUES (NEW.id, NEW.account_id, to_tsvector('simple', plain_words(NEW.{column})))
             ON CONFLICT (id) DO UPDATE SET words = excluded.words;
         END IF;
         RETURN NULL;
       END $$""",
    """CREATE FUNCTION found_in_{index}(asked text) RETURNS SETOF bigint
       LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
         SELECT id FROM {index} WHERE words @@ to_tsquery('simple', asked)
           AND account_id::text = current_setting('desk.account', true) $$""",
    """INSERT INTO {index} (id, account_id, words)
       SELECT id, account_id, to_tsvector('simple', plain_words({column})) FROM {table}""",
    "CREATE INDEX ix_{index} ON {index} USING gin (words)",
    "CREATE TRIGGER {index}_born AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{index}()",
    "CREATE TRIGGER {index}_gone AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{index}()",
    ("CREATE TRIGGER {index}_changed AFTER UPDATE OF {column} ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{index}()"),
    "REVOKE ALL ON {index} FROM PUBLIC",
    "REVOKE ALL ON FUNCTION keep_{index}(), found_in_{index}(text) FROM PUBLIC",
)


def _follow_on_postgres(connection: sa.Connection, index: str, table: str, column: str) -> None:
    for statement in _POSTGRES:
        made = statement.format(index=index, table=table, column=column)
        connection.execute(sa.text(made.replace(":", "\\:")))
    role = context.get_context().opts.get("app_role")
    if role is not None:
        name = connection.dialect.identifier_preparer.quote_identifier(role)
        connection.exec_driver_sql(f"REVOKE ALL ON {index} FROM {name}")
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION found_in_{index}(text) TO {name}")
