#!/usr/bin/env bash
# Puts what a release attaches into dist/release: the package, what is in it (CycloneDX), their checksums, and the part of
# CHANGELOG.md that is about it. It is made from a tag vX.Y.Z and nothing else; what was made is verified, as whoever downloads it
# may. How it is published: CONTRIBUTING.md, "A release".
# usage: scripts/release.sh [--trial]    with NFPM the packager. --trial makes it of any commit, for CI
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
	echo "release: $*" >&2
	exit 1
}
trial=
if [ "${1:-}" = --trial ]; then trial=1; fi

# notes VERSION: that part of the changelog, without its heading.
notes() { awk -v heading="## [$1]" 'index($0, heading) == 1 { within = 1; next } /^## \[/ { within = 0 } within' CHANGELOG.md; }

if [ -z "$trial" ]; then
	if [ -n "$(git status --porcelain)" ]; then fail $'there are changes that are not committed\nhint: git status; commit them, or put them away: git stash -u'; fi
	tag=$(git describe --exact-match --tags --match 'v[0-9]*' HEAD 2>/dev/null) ||
		fail $'this commit has no tag vX.Y.Z\nhint: git tag -a v1.2.0 -m "syncd 1.2.0", or git checkout a tag'
	[[ $tag =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-rc[0-9]+)?$ ]] || fail "the tag $tag is no version"$'\nhint: v1.2.0, or v1.2.0-rc1 before it'
	[ "$(git cat-file -t "$tag")" = tag ] || fail "the tag $tag says neither who made it nor when"$'\nhint: git tag -a -f '"$tag; or, if a CI took it without that: git fetch --force --tags"
	version=${tag#v}
	[ -n "$(notes "${version%-rc*}" | tr -d '[:space:]')" ] || fail "CHANGELOG.md has no part ## [${version%-rc*}]"$'\nhint: give "Unreleased" that heading and the day, and tag again'
fi

make --no-print-directory deb
rm -rf dist/release && mkdir -p dist/release
# shellcheck disable=SC2012 # names of ours
built=$(ls -t dist/*.deb | head -n 1)
# A forge would rename what has a tilde, and the checksums would be of no file.
package=$(basename "$built" | tr '~' .)
cp "$built" "dist/release/$package"
cd dist/release
../../scripts/sbom.sh "$package" >"${package%.deb}.cdx.json"
sha256sum -- *.deb *.json >SHA256SUMS

# What whoever downloads it relies on: the checksums; that the list is of this package, and names each module in it, at its version;
# that the package is of this tag.
sha256sum --check --quiet SHA256SUMS || fail 'the checksums are wrong'
grep -qF "\"content\": \"$(sha256sum "$package" | cut -d ' ' -f 1)\"" "${package%.deb}.cdx.json" || fail 'the list is not of this package'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work" ./usr/bin/syncd
go version -m "$work/usr/bin/syncd" | awk '$1 == "dep" { print $2 "@" $3 }' >"$work/modules"
[ -s "$work/modules" ] || fail 'the program names no modules'
while read -r module; do
	grep -qF "\"bom-ref\": \"pkg:golang/$module\"" "${package%.deb}.cdx.json" || fail "the list lacks $module"
done <"$work/modules"
if [ -z "$trial" ]; then
	packed=$(dpkg-deb --field "$package" Version)
	[ "$packed" = "${version/-/\~}-1" ] || fail "the package is $packed, and the tag $tag"
	[ "$("$work/usr/bin/syncd" version | awk 'NR == 1 { print $2 }')" = "$tag" ] || fail "the program says that it is $("$work/usr/bin/syncd" version | head -n 1)"
	(cd ../.. && notes "${version%-rc*}") >NOTES.md
fi
cat SHA256SUMS
