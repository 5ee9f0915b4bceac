#!/bin/sh
# Proves the README's promise: a fresh copy of what is committed runs the demo and passes its tests.
set -eu
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' INT TERM
git clone --quiet --no-hardlinks . "$copy/syncd"
cd "$copy/syncd"
make demo
make test
