"""How a table keeps the accounts apart on PostgreSQL, and what the application's role may do with it."""

import sqlalchemy as sa


def separate(connection: sa.Connection, table: str, account: str = "account_id") -> None:
    """Row-level security, forced: a session sees the account it has entered, or all if it says so."""
    entered = "current_setting('desk.account', true)"
    connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    connection.exec_driver_sql(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    connection.exec_driver_sql(
        f'CREATE POLICY account_only ON "{table}"'
        f" USING ({entered} = 'all' OR {account}::text = {entered})"
        f" WITH CHECK ({entered} = 'all' OR {account}::text = {entered})"
    )


def let_the_application_in(connection: sa.Connection, role: str | None, tables: tuple[str, ...]) -> None:
    """Let the application's role read and write these new tables; None: it owns them."""
    if role is None:
        return
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    for table in tables:
        connection.exec_driver_sql(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {name}')
    connection.exec_driver_sql(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
