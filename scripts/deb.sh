#!/usr/bin/env bash
# Builds DIR/syncd_VERSION_ARCH.deb from what is in the tree and prints its path. The same commit gives the same bytes.
# usage: scripts/deb.sh DIR    with NFPM the packager, and optionally DEB_VERSION, DEB_MAINTAINER, SOURCE_DATE_EPOCH
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C TZ=UTC

dir=$1
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
SYNCD_ROOT=$dir/root
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
SYNCD_ARCH=$(go env GOARCH)
SYNCD_MAINTAINER=${DEB_MAINTAINER:-syncd maintainers <syncd@localhost.localdomain>}
export SYNCD_ROOT SOURCE_DATE_EPOCH SYNCD_ARCH SYNCD_MAINTAINER

# git_version is a version that Debian accepts and that grows: 1.2.0 at the tag v1.2.0, 1.2.0+3.gabc1234 three commits
# later, 0~20261122101500.gabc1234 before any tag. A ~ sorts before everything, so 1.2.0~rc1 precedes 1.2.0.
git_version() {
	local tag version count
	if tag=$(git describe --tags --abbrev=0 2>/dev/null); then
		version=${tag#v}
		version=${version/-/\~}
		count=$(git rev-list --count "$tag..HEAD")
		if [ "$count" != 0 ]; then version+=+$count.g$(git rev-parse --short HEAD); fi
	else
		version=0~$(date -d "@$(git log -1 --format=%ct)" +%Y%m%d%H%M%S).g$(git rev-parse --short HEAD)
	fi
	if ! git diff --quiet HEAD --; then version+=+dirty; fi
	echo "${version//[!A-Za-z0-9.+~]/.}"
}
SYNCD_VERSION=${DEB_VERSION:-$(git_version)}
VERSION=${VERSION:-$SYNCD_VERSION}
export SYNCD_VERSION VERSION

put() { install -D -m "$1" "$2" "$SYNCD_ROOT/$3"; }
# pack is put of a file that Debian wants compressed, without name and time.
pack() { gzip -9 -n <"$1" | install -D -m 644 /dev/stdin "$SYNCD_ROOT/$2.gz"; }

# licenses prints the license of each Go module in the program, as their terms demand.
licenses() {
	local module version folder
	while read -r module version; do
		printf '==== %s %s\n\n' "$module" "$version"
		folder=$(go list -m -f '{{.Dir}}' "$module")
		find "$folder" -maxdepth 1 -type f \( -iname 'licen[sc]e*' -o -iname 'copying*' -o -iname 'notice*' \) | sort | xargs -r -d '\n' cat
		printf '\n'
	done < <(go version -m "$1" | awk '$1 == "dep" { print $2, $3 }')
	printf '==== the Go runtime and standard library, %s\n\n' "$(go env GOVERSION)"
	cat "$(go env GOROOT)/LICENSE"
}

rm -rf "$SYNCD_ROOT"
work=$dir/work
trap 'rm -rf "$work" "$SYNCD_ROOT"' EXIT
mkdir -p "$work"

CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION -X main.commit=$(git rev-parse HEAD)" -o "$work/syncd" ./cmd/syncd
put 755 "$work/syncd" usr/bin/syncd
put 755 packaging/syncd-admin usr/sbin/syncd-admin
for unit in systemd/*.service; do put 644 "$unit" "lib/systemd/system/${unit##*/}"; done

scripts/man.sh "$work/man"
for page in "$work"/man/*.[158]; do pack "$page" "usr/share/man/man${page##*.}/${page##*/}"; done
for page in "$work"/man/fr/*.[158]; do pack "$page" "usr/share/man/fr/man${page##*.}/${page##*/}"; done
for shell in bash:bash-completion/completions/syncd zsh:zsh/vendor-completions/_syncd fish:fish/vendor_completions.d/syncd.fish; do
	file=${shell#*:} name=${shell##*/}
	"$work/syncd" completion "${shell%%:*}" >"$work/completion"
	put 644 "$work/completion" "usr/share/$file"
	"$work/syncd" admin completion "${shell%%:*}" >"$work/completion"
	put 644 "$work/completion" "usr/share/${file%/*}/${name/syncd/syncd-admin}"
done

for sql in migrations/{staging,roles,web}.sql; do put 644 "$sql" "usr/share/syncd/${sql##*/}"; done
doc=usr/share/doc/syncd
# As they lie in the sources, so that what they refer to is found.
for text in README.md README.fr.md ARCHITECTURE.md CONTRIBUTING.md config.toml config.fr.toml docs/*.{md,svg} docs/fr/*.{md,svg} docs/pictures/{,fr/}*.png docs/json/*.md docs/decisions/*.md; do put 644 "$text" "$doc/$text"; done
put 644 packaging/copyright "$doc/copyright"
licenses "$work/syncd" >"$work/licenses"
pack "$work/licenses" "$doc/third-party-licenses"
pack CHANGELOG.md "$doc/changelog"
printf 'syncd (%s-1) unstable; urgency=medium\n\n  * See /usr/share/doc/syncd/changelog.gz.\n\n -- %s  %s\n' \
	"$SYNCD_VERSION" "$SYNCD_MAINTAINER" "$(date -R -d "@$SOURCE_DATE_EPOCH")" >"$work/changelog"
pack "$work/changelog" "$doc/changelog.Debian"
put 644 packaging/lintian-overrides usr/share/lintian/overrides/syncd

"$NFPM" package --config packaging/nfpm.yaml --packager deb --target "$dir/syncd_${SYNCD_VERSION}-1_$SYNCD_ARCH.deb" >/dev/null
echo "$dir/syncd_${SYNCD_VERSION}-1_$SYNCD_ARCH.deb"
