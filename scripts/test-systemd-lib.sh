# What both tests inside the container use: see scripts/test-systemd.sh. Prints a line for each test, ok or FAILED.
# shellcheck shell=bash disable=SC2016,SC2181
set -uo pipefail

failures=0
ok() { printf 'ok      %s\n' "$*"; }
failed() {
	printf 'FAILED  %s\n' "$*"
	failures=$((failures + 1))
}
# check DESCRIPTION TEXT: the shell text succeeds, all of it.
check() {
	(
		set -e
		eval "$2"
	) >/tmp/check.log 2>&1
	if [ $? = 0 ]; then ok "$1"; else
		failed "$1"
		tail -n 15 /tmp/check.log | sed 's/^/          /'
		return 1
	fi
}
# what WORDS: a heading.
what() { printf '\n── %s\n' "$*"; }
# end WHAT tells how it went, with the end of the journal where it went wrong.
end() {
	if [ "$failures" = 0 ]; then
		printf '\nall tests of %s passed in %d s\n' "$1" "$SECONDS"
		exit 0
	fi
	printf '\n── the journal of the services, its end\n'
	journalctl --unit 'syncd*' --no-pager --output short-iso | tail -n 60
	printf '\n%d tests of %s FAILED\n' "$failures" "$1"
	exit 1
}
# within SECONDS COMMAND …: the command succeeds in time.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		if [ "$SECONDS" -ge "$end" ]; then return 1; fi
		sleep 0.1
	done
}
not() { ! "$@"; }
# code N COMMAND …: the command ends with this code.
code() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" = "$want" ] || { echo "code $got, not $want"; false; }
}
# says TEXT N COMMAND …: it also says so.
says() {
	local text=$1 said
	shift
	if ! said=$(code "$@" 2>&1) || ! grep -qF -- "$text" <<<"$said"; then echo "$said" && false; fi
}

show() { systemctl show --value --property "$1" "${2:-syncd.service}"; }
is() { [ "$(show "$1" "${3:-syncd.service}")" = "$2" ]; }
status_says() { grep -q "$1" <<<"$(show StatusText)"; }
pid() { show MainPID; }
# send SIGNAL goes to the service, and never to process 0, which is this very group.
send() { [ "$(pid)" -gt 1 ] && kill "-$1" "$(pid)"; }
uid() { awk '$1 == "Uid:" { print $2 }' "/proc/$(pid)/status"; }
active_anew() { is ActiveState active && [ "$(pid)" != "$1" ] && [ "$(pid)" != 0 ]; }
sql() { su postgres -s /bin/sh -c 'exec psql -X -q -At -v ON_ERROR_STOP=1 -d "${1:-paie}"' sh "${1:-paie}"; }
# journal_says TEXT OPTION …: no pipe, as grep leaves early and a broken pipe would count.
journal_says() { grep -q "$1" <<<"$(journalctl --output cat --no-pager "${@:2}")"; }
as_marie() { su marie -s /bin/bash -c "$1"; }

# A machine as a person finds it: it is up, knows its own name and what time it is in France, and PostgreSQL runs on it, as its
# package leaves it.
machine() {
	local version
	ln -sf /usr/share/zoneinfo/Europe/Paris /etc/localtime
	within 60 eval 'systemctl is-system-running 2>/dev/null | grep -qE "running|degraded"'
	echo "127.0.0.1 localhost $(hostname)" >/etc/hosts
	version=$(ls /usr/lib/postgresql)
	pg_createcluster --locale C.UTF-8 "$version" main
	systemctl start "postgresql@$version-main.service"
	useradd --create-home --shell /bin/bash marie
}
