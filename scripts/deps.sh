#!/bin/sh
# Installs what this machine lacks of Debian's packages: the PostgreSQL server, for `compiler` a C compiler, which the race
# detector needs, for `browser` the Chromium that shows the operators' page to tests (124 MB), and for `checkers` what `make lint`
# needs. Installs nothing that is there, and leaves no PostgreSQL running.
# usage: scripts/deps.sh [compiler] [browser] [checkers]
set -eu

packages=
note() { echo "deps: $*" >&2; }

has_server() {
	for postgres in /usr/lib/postgresql/*/bin/postgres; do
		if [ -x "$postgres" ]; then return 0; fi
	done
	command -v initdb >/dev/null && command -v postgres >/dev/null && command -v psql >/dev/null
}

# A compiler without the C library's headers does not do.
has_compiler() {
	command -v gcc >/dev/null && echo '#include <stdlib.h>' | gcc -x c -fsyntax-only - 2>/dev/null
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian's package makes a cluster and starts it, unless told not to. The file that says so goes away again, as it would
# bind later installations too.
no_cluster=/etc/postgresql-common/createcluster.d/zz-syncd-deps.conf
forbid_cluster() {
	as_root mkdir -p "${no_cluster%/*}"
	echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
	trap 'as_root rm -f "$no_cluster"' EXIT
	trap 'exit 1' INT TERM
}

if [ -n "${SYNCD_TEST_DATABASE_URL:-}" ]; then
	note "SYNCD_TEST_DATABASE_URL is set: no PostgreSQL needed here"
elif ! has_server; then
	packages="$packages postgresql"
fi
for what in "$@"; do
	case $what in
	compiler) has_compiler || packages="$packages gcc libc6-dev" ;;
	browser) command -v chromium >/dev/null || packages="$packages chromium" ;;
	checkers)
		command -v shellcheck >/dev/null || packages="$packages shellcheck"
		command -v systemd-analyze >/dev/null || packages="$packages systemd"
		;;
	*)
		note "unknown: $what"
		exit 2
		;;
	esac
done
if [ -z "$packages" ]; then exit 0; fi

if ! command -v apt-get >/dev/null; then
	note "missing:$packages, and this machine has no apt-get"
	note "hint: install them your way, or set SYNCD_TEST_DATABASE_URL to a PostgreSQL server of your own"
	exit 1
fi
note "installing$packages"
case $packages in *postgresql*) forbid_cluster ;; esac
as_root apt-get update -qq
# shellcheck disable=SC2086 # one word per package
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends $packages >&2
