#!/usr/bin/env bash
# Fails, and says what to do, where Go is missing or older than go.mod asks for.
set -euo pipefail
cd "$(dirname "$0")/.."
want=$(awk '$1 == "go" { print $2 }' go.mod)

how() {
	cat >&2 <<END
make: $1
hint: get it from https://go.dev/dl/ and put its bin first in PATH:
        curl -LO https://go.dev/dl/go$want.linux-$(dpkg --print-architecture 2>/dev/null || echo amd64).tar.gz
        sudo tar -C /usr/local -xzf go$want.linux-*.tar.gz && export PATH=/usr/local/go/bin:\$PATH
      or from Debian's backports, where they have it: sudo apt install golang-${want%.*}
      Go 1.21 and newer fetch it by themselves where the module proxy can be reached: GOTOOLCHAIN=auto
END
	exit 1
}

command -v go >/dev/null || how "Go $want is needed, and there is none"
# An older go switches to what go.mod asks for, unless it may not, or cannot.
version=$(go env GOVERSION 2>/dev/null) || how "Go $want is needed; this is $(GOTOOLCHAIN=local go version 2>/dev/null | awk '{ print $3 }')"
version=${version#go}
version=${version%% *}
[ "$(printf '%s\n' "$want" "$version" | sort -V | head -n 1)" = "$want" ] || how "Go $want is needed; this is $version"
