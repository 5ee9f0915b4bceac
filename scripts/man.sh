#!/usr/bin/env bash
# Writes the manual pages: those of the commands, from their help, and those of packaging/.
# usage: scripts/man.sh DIR
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$1

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
rm -rf "$dir"
mkdir -p "$dir"
go run -tags man -ldflags "-X main.version=${VERSION:-dev}" ./cmd/syncd man "$dir"
for page in packaging/*.[58]; do
	# The second argument of .TH is the date.
	sed "1s/\"\"/\"$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%b %Y')\"/" "$page" >"$dir/${page##*/}"
done

missing=0
while read -r section; do
	grep -qxF ".B $section" packaging/syncd.toml.5 && continue
	echo "man: packaging/syncd.toml.5 lacks the section $section of config.toml" >&2
	missing=1
done < <(grep -oE '^(# )?\[\[?[a-z_.]+\]\]?' config.toml | sed 's/^# //' | sort -u)
exit "$missing"
