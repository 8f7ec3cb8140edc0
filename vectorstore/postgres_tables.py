"""What PostgreSQL knows of a table: its columns, and what would go with it if it were dropped."""

from __future__ import annotations

import psycopg

COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""
# All that depends on it, but for its primary key, the key `id`, and what goes with a column. A view
# does by way of its rule.
DEPENDENTS = """
SELECT DISTINCT replace(pg_describe_object(classid, objid, objsubid), 'rule _RETURN on ', '')
FROM pg_depend
WHERE classid <> 'pg_attrdef'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = to_regclass(%s) AND deptype IN ('a', 'n')
AND NOT EXISTS (
    SELECT FROM pg_constraint AS ours
    WHERE classid = 'pg_constraint'::regclass AND ours.oid = objid AND conrelid = refobjid
    AND (contype IN ('p', 'n') OR contype = 'u' AND conkey = ARRAY(
        SELECT attnum FROM pg_attribute WHERE attrelid = refobjid AND attname = 'id'
    ))
)
"""
GRANTEES = """
SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END
FROM pg_class AS it, LATERAL (
    SELECT relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = it.oid
) AS granted (acl), aclexplode(acl)
WHERE it.oid = to_regclass(%s) AND grantee <> relowner
"""


def columns(connection: psycopg.Connection, table: str) -> dict[str, str]:
    """The type of each column, as SQL writes it; empty where there is no such table."""
    return dict(connection.execute(COLUMNS, (table,)).fetchall())


def lost_with(connection: psycopg.Connection, table: str) -> list[str]:
    """What depends on the table (indexes, views, triggers …) and what of it was granted, described.

    Neither its own two keys nor its columns are named.
    """
    dependents = connection.execute(DEPENDENTS, (table,)).fetchall()
    grantees = connection.execute(GRANTEES, (table,)).fetchall()
    return [
        *sorted(row[0] for row in dependents),
        *sorted(f"grants to {row[0]}" for row in grantees),
    ]
