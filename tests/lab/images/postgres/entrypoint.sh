#!/bin/sh
# Start PostgreSQL, making the database first when the volume holds none.
# Understands POSTGRES_USER, POSTGRES_DB and POSTGRES_PASSWORD_FILE as the official image does.
set -eu

if [ "$(id -u)" = 0 ]; then
  # What only root may read is read now: the secret's file belongs to the container's user.
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    export POSTGRES_PASSWORD
  fi
  mkdir -p "$PGDATA" /run/postgresql
  chown postgres:postgres "$PGDATA" /run/postgresql
  chmod 0700 "$PGDATA"
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi

if [ "$1" != postgres ]; then
  exec "$@"
fi

# Make the database in a folder aside and move it into place, its version file last: a killed first start begins anew.
initialise() {
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  made=$PGDATA/.initialising
  if [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo "POSTGRES_PASSWORD_FILE names no file with a password: no database is made without one." >&2
    exit 1
  fi
  rm -rf "$made"
  printf '%s\n' "$POSTGRES_PASSWORD" | initdb --pgdata "$made" --username "$user" --pwfile /dev/stdin \
    --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8
  echo 'host all all all scram-sha-256' >>"$made/pg_hba.conf"
  # Nobody is let in from outside until the database is there.
  pg_ctl --pgdata "$made" --options "-c listen_addresses=''" --wait start
  if [ "$database" != postgres ]; then
    echo 'CREATE DATABASE :"name";' |
      psql --username "$user" --dbname postgres --set ON_ERROR_STOP=1 --set name="$database" --quiet
  fi
  pg_ctl --pgdata "$made" --mode fast --wait stop
  find "$made" -mindepth 1 -maxdepth 1 ! -name PG_VERSION | while read -r entry; do
    rm -rf "${PGDATA:?}/${entry##*/}"
    mv "$entry" "$PGDATA/"
  done
  mv "$made/PG_VERSION" "$PGDATA/"
  rmdir "$made"
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initialise
fi
unset POSTGRES_PASSWORD
shift
exec postgres -c listen_addresses='*' "$@"
