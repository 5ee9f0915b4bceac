#!/usr/bin/env bash
# Checks the systemd units: syntax, exposure at most 1.5, and that the template says what the plain unit says.
# usage: scripts/lint-systemd.sh [--update]   --update writes the templates systemd/*@.service anew
set -euo pipefail
cd "$(dirname "$0")/../systemd"

readonly most=1.5
failed=0
note() {
	echo "lint-systemd: $*" >&2
	failed=1
}

# The second instance differs in its folders and its description only.
template() {
	sed -e 's#/etc/syncd/#/etc/syncd/%i/#' -e 's#^\(Runtime\|State\)Directory=syncd[a-z-]*#&-%i#' -e 's#/run/syncd/#/run/syncd-%i/#' \
		-e 's#^\(Description=syncd[a-z-]*\),#\1 (%i),#' -e 's#sudo syncd-admin#& -i %i#' "$1.service"
}
for unit in syncd syncd-sandbox syncd-web; do
	if [ "${1:-}" = --update ]; then template "$unit" >"$unit@.service"; fi
	template "$unit" | cmp -s - "$unit@.service" || note "$unit@.service is not made from $unit.service, run: scripts/lint-systemd.sh --update"
done
# What stands in, and the page, are as closed as the service.
closed() { sed -n '/^LimitCORE/,/^\[Install\]/s/^[A-Z][A-Za-z]*=.*/&/p' "$1" | grep -vE '^(Runtime|State)Directory'; }
for unit in syncd-sandbox syncd-web; do
	[ "$(closed syncd.service)" = "$(closed $unit.service)" ] || note "$unit.service is not closed as syncd.service is"
done

if ! command -v systemd-analyze >/dev/null; then
	note 'systemd-analyze is not installed, run: make deps'
	exit 1
fi

# verify wants the programs to be there, and syncd may not be installed here.
copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT
for unit in *.service; do
	sed -E 's#^(ExecStart=)/usr/bin/syncd#\1/bin/true#' "$unit" >"$copies/$unit"
done
complaints=$(systemd-analyze verify "$copies"/*.service 2>&1 || true)
if [ -n "$complaints" ]; then note "$complaints"; fi

for unit in syncd{,-sandbox,-web}{,@}.service; do
	exposure=$(systemd-analyze security --offline=true --no-pager "$unit" | sed -nE 's/.*exposure level.*: ([0-9.]+) .*/\1/p')
	echo "lint-systemd: $unit has an exposure of $exposure, at most $most"
	awk -v exposure="${exposure:-10}" -v most="$most" 'BEGIN { exit !(exposure <= most) }' || note "$unit is too exposed"
done
exit "$failed"
