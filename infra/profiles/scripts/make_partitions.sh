#!/bin/sh
# Make the monthly partitions of tables ahead; runs inside the container of a PostgreSQL server, as its superuser.
# Lines below it call it: make_partitions <schema or nothing> <table> <months ahead> <database or nothing> <time zone>.
set -u

if [ -n "${POSTGRES_USER_FILE:-}" ]; then POSTGRES_USER=$(cat "$POSTGRES_USER_FILE"); fi
if [ -n "${POSTGRES_DB_FILE:-}" ]; then POSTGRES_DB=$(cat "$POSTGRES_DB_FILE"); fi
user=${POSTGRES_USER:-postgres}
# By the socket, whatever the image says to its own clients.
unset PGHOST PGHOSTADDR PGSERVICE PGOPTIONS
failed=0

make_partitions() {
  psql --no-psqlrc --no-password --quiet --tuples-only --username "$user" --dbname "${4:-${POSTGRES_DB:-$user}}" \
    --set ON_ERROR_STOP=1 --set VERBOSITY=terse --set schema="$1" --set table="$2" --set ahead="$3" --set zone="$5" \
    --file - <<'SQL' || failed=1
SET lock_timeout = '10s';
SET statement_timeout = '5min';
SET DateStyle = 'ISO';
SET TimeZone = :'zone';
SELECT set_config('slipway.ahead', :'ahead', false) AS ahead,
       set_config('slipway.failures', '', false) AS failures,
       CASE :'schema' WHEN '' THEN '' ELSE quote_ident(:'schema') || '.' END || quote_ident(:'table') AS name \gset
SELECT set_config('slipway.name', :'name', false) AS name,
       set_config('slipway.parent', coalesce(to_regclass(:'name')::oid::text, ''), false) AS parent \gset
-- From here on nothing that a user of the database has defined is taken for one of PostgreSQL's own functions.
SET search_path = pg_catalog, pg_temp;

-- How much of a span the partitions of a table take, in seconds, and which ones do.
CREATE FUNCTION pg_temp.taken(parent regclass, begins timestamptz, ends timestamptz, OUT seconds float8, OUT names text)
LANGUAGE sql AS $$
  SELECT coalesce(sum(extract(epoch FROM least(upper, $3) - greatest(lower, $2))::float8), 0),
         string_agg(name, ', ' ORDER BY lower)
  FROM (
    SELECT name,
           CASE bound[1] WHEN 'MINVALUE' THEN '-infinity' ELSE btrim(bound[1], '''')::timestamptz END AS lower,
           CASE bound[2] WHEN 'MAXVALUE' THEN 'infinity' ELSE btrim(bound[2], '''')::timestamptz END AS upper
    FROM (
      SELECT child.oid::regclass::text AS name,
             regexp_match(pg_get_expr(child.relpartbound, child.oid), '^FOR VALUES FROM \((.*)\) TO \((.*)\)$') AS bound
      FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = $1
    ) partitions
    WHERE bound IS NOT NULL
  ) spans
  WHERE lower < $3 AND upper > $2
$$;

DO $$
DECLARE
  parent regclass := nullif(current_setting('slipway.parent'), '')::oid;
  failures text := '';
  begins timestamptz;
  ends timestamptz;
  taken record;
  place record;
  partition text;
BEGIN
  IF parent IS NULL THEN
    RAISE EXCEPTION 'there is no table % in database %', current_setting('slipway.name'), current_database();
  END IF;
  SELECT nspname AS schema, relname AS table, pg_get_userbyid(relowner) AS owner INTO place
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = parent;
  PERFORM FROM pg_partitioned_table
  JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]
  WHERE partrelid = parent AND partstrat = 'r' AND partnatts = 1
    AND atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'table % is not partitioned by the range of one column that is a date or a timestamp', parent;
  END IF;
  FOR month IN 0..current_setting('slipway.ahead')::int LOOP
    begins := date_trunc('month', now()) + make_interval(months => month);
    ends := date_trunc('month', now()) + make_interval(months => month + 1);
    partition := place.table || to_char(begins, '_YYYY_MM');
    taken := pg_temp.taken(parent, begins, ends);
    CONTINUE WHEN taken.seconds = extract(epoch FROM ends - begins)::float8;
    BEGIN
      IF taken.seconds > 0 THEN
        RAISE EXCEPTION 'a part of the month is taken by %', taken.names;
      ELSIF octet_length(partition) > 63 THEN
        RAISE EXCEPTION 'the name % is longer than 63 bytes', partition;
      END IF;
      -- Attached, not created as a partition: that would lock out every reader of the table.
      EXECUTE format(
        'CREATE TABLE %I.%I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE)',
        place.schema, partition, parent);
      EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', place.schema, partition, place.owner);
      EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I.%I FOR VALUES FROM (%L) TO (%L)',
                     parent, place.schema, partition, begins, ends);
      RAISE NOTICE 'made % of %', partition, parent;
    EXCEPTION
      WHEN check_violation THEN
        failures := failures || format('; %s: the default partition holds rows of it, move them to a table of their own first',
                                       partition);
      WHEN OTHERS THEN
        failures := failures || format('; %s: %s', partition, SQLERRM);
    END;
  END LOOP;
  PERFORM set_config('slipway.failures', failures, false);
END
$$;

-- After the commit, so that a month that could not be made does not undo the others.
DO $$
DECLARE
  parent regclass := current_setting('slipway.parent')::oid;
  failures text := current_setting('slipway.failures');
  begins timestamptz := date_trunc('month', now()) + interval '1 month';
  ends timestamptz := date_trunc('month', now()) + interval '2 months';
BEGIN
  IF (pg_temp.taken(parent, begins, ends)).seconds < extract(epoch FROM ends - begins)::float8 THEN
    failures := failures || '; next month has no partition';
  END IF;
  IF failures <> '' THEN
    RAISE EXCEPTION 'partitions of % are missing: %', parent, substr(failures, 3);
  END IF;
END
$$;
SQL
}

finish() { exit "$failed"; }
