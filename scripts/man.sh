#!/usr/bin/env bash
# Writes the manual pages: those of the commands, from their help, and those of packaging/, completed from config.toml. Those in
# French are in DIR/fr.
# usage: scripts/man.sh DIR
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$1

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
rm -rf "$dir"
mkdir -p "$dir/fr"
# The second argument of .TH is the date: page FORMAT PAGE
page() { sed "1s|\"\"|\"$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" "+$1")\"|" "$2" >"$dir/${2#packaging/}"; }
for file in packaging/*.[58]; do page '%b %Y' "$file"; done
for file in packaging/fr/*.[58]; do page %d/%m/%Y "$file"; done
go run -tags man -ldflags "-X main.version=${VERSION:-dev}" ./cmd/syncd man "$dir"

# The keys of syncd.toml(5) come out of config.toml and config.fr.toml, which have the same ones.
missing=0
lacks() {
	echo "man: $1 lacks the $2 of config.toml" >&2
	missing=1
}
for page in "$dir/syncd.toml.5" "$dir/fr/syncd.toml.5"; do
	while read -r section; do
		grep -qxF ".SS $section" "$page" || lacks "$page" "section $section"
	done < <(grep -oE '^(# )?\[\[?[a-z_.]+\]\]?' config.toml | sed 's/^# //' | sort -u)
	while read -r key; do
		grep -qF "\\fB$key = " "$page" || lacks "$page" "key $key"
	done < <(grep -E '^(# )?[a-z_]+ = (["[{0-9]|true|false)' config.toml | sed -E 's/^# //; s/ = .*//' | sort -u)
done
exit "$missing"
