"""How a PostgreSQL database becomes as new without being made anew: it keeps a copy of its first rows."""

from typing import Final

from sqlalchemy import Connection

_SEQUENCES: Final = """
CREATE SCHEMA kept;
CREATE TABLE kept.sequence AS
    SELECT schemaname || '.' || quote_ident(sequencename) AS name, coalesce(last_value, start_value) AS value,
           last_value IS NOT NULL AS is_called
    FROM pg_sequences WHERE schemaname = 'public';
"""

#: Any change of shape writes rows of these, and so a newer transaction, or leaves fewer of them.
_SHAPE: Final = " || ' ' || ".join(
    f"(SELECT count(*) || '/' || max(xmin::text::bigint) FROM {catalogue})"
    for catalogue in ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_policy", "pg_proc")
)

_RESTORE: Final = """
CREATE FUNCTION kept.restore() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT shape FROM kept.shape) <> {shape} THEN
        RETURN false;
    END IF;
    SET LOCAL session_replication_role = replica;  -- neither guards nor foreign keys have a say
    {tables}
    PERFORM setval(name::regclass, value, is_called) FROM kept.sequence;
    RETURN true;
END $$;
CREATE TABLE kept.shape (shape text);
"""


def keep(connection: Connection) -> None:
    """Copy all rows to where no test looks, and make `kept.restore()`: false if more than rows has changed since."""
    connection.exec_driver_sql(_SEQUENCES)
    names = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars().all()
    for name in names:
        connection.exec_driver_sql(f'CREATE TABLE kept.t_{name} AS TABLE public."{name}"')
    steps = [f'DELETE FROM public."{name}"; INSERT INTO public."{name}" SELECT * FROM kept.t_{name};' for name in names]
    connection.exec_driver_sql(_RESTORE.format(shape=_SHAPE, tables="\n    ".join(steps)))
    connection.commit()
    connection.exec_driver_sql(f"INSERT INTO kept.shape SELECT {_SHAPE}")
    connection.commit()
