#!/usr/bin/env bash
# Prints what is in a package, in CycloneDX 1.5: the program, the Go modules that are linked into it, Go itself. The same package
# gives the same bytes.
# usage: scripts/sbom.sh PACKAGE.deb
set -euo pipefail
export LC_ALL=C TZ=UTC
package=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work" ./usr/bin/syncd
digest=$(sha256sum "$package" | cut -d ' ' -f 1)
version=$(dpkg-deb --field "$package" Version)
# The date of the newest thing in it, which is that of the commit.
made=$(date -u -d "@$(stat -c %Y "$work/usr/bin/syncd")" +%Y-%m-%dT%H:%M:%SZ)

go version -m "$work/usr/bin/syncd" | awk -v name="$(basename "$package")" -v version="$version" -v digest="$digest" -v made="$made" '
function uuid(hex) { return substr(hex, 1, 8) "-" substr(hex, 9, 4) "-5" substr(hex, 14, 3) "-a" substr(hex, 18, 3) "-" substr(hex, 21, 12) }
function component(module, at, sum) {
	printf "%s\n    {\"type\": \"library\", \"bom-ref\": \"pkg:golang/%s@%s\", \"name\": \"%s\", \"version\": \"%s\", \"purl\": \"pkg:golang/%s@%s\"%s}",
		separator, module, at, module, at, module, at, sum == "" ? "" : ", \"properties\": [{\"name\": \"go.sum\", \"value\": \"" sum "\"}]"
	separator = ","
	refs = refs (refs == "" ? "" : ", ") "\"pkg:golang/" module "@" at "\""
}
NR == 1 {
	printf "{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"serialNumber\": \"urn:uuid:%s\",\n  \"version\": 1,\n", uuid(digest)
	printf "  \"metadata\": {\"timestamp\": \"%s\", \"component\": {\"type\": \"application\", \"bom-ref\": \"syncd\", \"name\": \"syncd\", \"version\": \"%s\", ", made, version
	printf "\"licenses\": [{\"license\": {\"id\": \"Apache-2.0\"}}], \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"%s\"}], ", digest
	printf "\"properties\": [{\"name\": \"file\", \"value\": \"%s\"}]}},\n  \"components\": [", name
	sub(/^.*: go/, "")
	component("stdlib", $1, "")
}
$1 == "dep" { component($2, $3, $4) }
END { printf "\n  ],\n  \"dependencies\": [{\"ref\": \"syncd\", \"dependsOn\": [%s]}]\n}\n", refs }'
