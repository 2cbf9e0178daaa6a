#!/usr/bin/env bash
# PostgreSQL on a folder and a port of ours. Usage: PASSWORD=... [OPTIONS="-c name=value"] postgres.sh FOLDER PORT
source "$(dirname "$0")/watch.sh"
folder=$1 port=$2
program=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$program" ] || program=$(dirname "$(command -v postgres)")
mkdir -p "$folder" && chmod 700 "$folder"

# PostgreSQL refuses to run as root. In a user namespace of its own it sees another user, and still owns its files.
as=()
[ "$(id -u)" = 0 ] && as=(unshare --user --map-user=1000 --map-group=1000)

if [ ! -f "$folder/data/PG_VERSION" ]; then
  rm -rf "$folder/data"
  (umask 077; printf '%s' "$PASSWORD" > "$folder/password")
  "${as[@]}" "$program/initdb" -D "$folder/data" -U intern -A scram-sha-256 --pwfile "$folder/password" -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log" 2>&1 \
    || { tail -n 5 "$folder/initdb.log" >&2; fail "initdb failed. Its log is $folder/initdb.log."; }
  rm "$folder/password"
fi

start "$folder/postgres.log" "${as[@]}" "$program/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 ${OPTIONS:-}
await 30 PostgreSQL "$folder/postgres.log" "$program/pg_isready" -h 127.0.0.1 -p "$port"
watch
