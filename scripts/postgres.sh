#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests: in a temporary folder, reached through a socket in it and by nobody else.
# Prints that folder once it answers, and ends, folder and all, when its input ends: with whoever started it.
#
#   scripts/postgres.sh [-c NAME=VALUE …]    settings of PostgreSQL, e.g. -c fsync=off
#
# A client names it like this: postgres:///postgres?host=FOLDER&user=staffel
set -euo pipefail

fail() {
  printf 'postgres.sh: %s\n' "$*" >&2
  exit 1
}

# Debian keeps the server's programs off the PATH, by version.
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || bin=$(dirname "$(command -v initdb || true)")
[ -x "$bin/initdb" ] || fail 'there is no PostgreSQL server (Debian: sudo apt-get install postgresql)'

# A socket's path may have a hundred characters: not the long temporary folders of some systems.
folder=$(mktemp -d /tmp/staffel-postgres-XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then
  # PostgreSQL refuses to run as root.
  chown postgres: "$folder"
  as=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
server=
finish() {
  if [ -n "$server" ]; then
    kill -QUIT "$server" 2>/dev/null || true # at once: nothing here is to be kept
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 0' INT TERM HUP

cd "$folder"
"${as[@]}" "$bin/initdb" --pgdata=data --username=staffel --auth=trust --encoding=UTF8 --locale=C --no-sync >log 2>&1 ||
  fail "initdb failed: $(tail -n 3 log)"
"${as[@]}" "$bin/postgres" -D data -k "$folder" -c listen_addresses= -c max_connections=400 -c shared_buffers=64MB \
  -c logging_collector=off "$@" </dev/null >>log 2>&1 &
server=$!
for _ in $(seq 300); do
  [ -S .s.PGSQL.5432 ] && "${as[@]}" "$bin/pg_isready" -q -h "$folder" && break
  kill -0 "$server" 2>/dev/null || fail "PostgreSQL did not start: $(tail -n 3 log)"
  sleep 0.1
done
printf '%s\n' "$folder"
exec 1>&-
cat >/dev/null
