#!/usr/bin/env bash
# Boots Debian in systemd-nspawn, twice, installs the .deb there and tests what the documents say, block by block, and the service:
# scripts/test-systemd-documents.sh and test-systemd-service.sh, inside. As root. STORIES=documents is one of them. The first
# time it makes a tree of Debian in .cache/systemd (minutes); the tree itself is never changed, each
# run writes to memory. The guest has no network but its own loopback.
# usage: scripts/test-systemd.sh OLDER.deb NEWER.deb
set -euo pipefail
cd "$(dirname "$0")/.."

readonly packages=systemd,systemd-sysv,dbus,libnss-systemd,procps,postgresql,ca-certificates,man-db,sudo,bash-completion,curl,jq
cache=$PWD/.cache/systemd
older=$(realpath "$1")
newer=$(realpath "$2")

fail() {
	echo "test-systemd: $*" >&2
	exit 1
}
[ "$(id -u)" -eq 0 ] || fail $'only root can boot a container\nhint: sudo make test-systemd'

# The mirror and the release are those that apt uses here.
make_tree() {
	local mirror release
	# shellcheck disable=SC2016 # apt's variables
	read -r mirror release < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(LABEL)' 'Created-By: Packages' |
		awk '$3 == "main" && ($4 == "Debian" || $4 == "Ubuntu") && $2 !~ /-/ { print $1, $2; exit }') ||
		fail $'apt names no mirror of a Debian release\nhint: apt-get update'
	echo "test-systemd: making a tree of $release, which takes some minutes the first time"
	rm -rf --one-file-system "$cache"
	# Neither a cluster of PostgreSQL nor any service is to start while packages are installed.
	mkdir -p "$cache/new/etc/postgresql-common/createcluster.d"
	echo 'create_main_cluster = false' >"$cache/new/etc/postgresql-common/createcluster.d/none.conf"
	debootstrap --variant=minbase --include="$packages" "$release" "$cache/new" "$mirror" >"$cache/log" 2>&1 ||
		fail "debootstrap: see $cache/log"
	if mountpoint -q "$cache/new/proc"; then umount --lazy "$cache/new/proc"; fi
	echo "$packages" >"$cache/packages"
	mv "$cache/new" "$cache/tree"
}

if ! command -v debootstrap >/dev/null || ! command -v systemd-nspawn >/dev/null; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap systemd-container >&2
fi
if [ "$(cat "$cache/packages" 2>/dev/null)" != "$packages" ] || [ ! -d "$cache/tree" ]; then make_tree; fi

console=$(mktemp)
container=
# down ends the container.
down() {
	if [ -n "$container" ]; then
		kill "$container" 2>/dev/null || true
		wait "$container" 2>/dev/null || true
	fi
	container=
}
finish() {
	trap '' INT TERM HUP
	down
	rm -f "$console"
	# Where no systemd manages the control groups, those that nspawn made stay behind, empty.
	if [ ! -d /run/systemd/system ]; then
		find /sys/fs/cgroup/{,systemd/,unified/}{payload,supervisor} -depth -type d -exec rmdir {} \; 2>/dev/null || true
	fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# boot brings up a fresh machine. nspawn's own folder is private, too: nothing of it stays behind.
boot() {
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 unshare --mount --propagation slave sh -c '
	mkdir -p /run/systemd/nspawn && mount -t tmpfs tmpfs /run/systemd/nspawn && exec "$@"' sh \
		systemd-nspawn --quiet --register=no --keep-unit --boot --directory="$cache/tree" --volatile=overlay --private-network \
		--hostname=syncd-test --console=passive --bind-ro="$older:/test/older.deb" --bind-ro="$newer:/test/newer.deb" \
		--bind-ro="$PWD/scripts/test-systemd-lib.sh:/test/lib.sh" --bind-ro="$PWD/scripts/test-systemd-$1.sh:/test/guest.sh" \
		--bind-ro="$PWD/docs:/test/docs" --bind-ro="$PWD/config.toml:/test/config.toml" </dev/null >"$console" 2>&1 &
	container=$!
	for _ in $(seq 1200); do
		init=$(pgrep --parent "$container" --full systemd | head -n 1 || true)
		if [ -n "$init" ] && nsenter --target "$init" --all systemctl --version >/dev/null 2>&1; then return; fi
		kill -0 "$container" 2>/dev/null || { cat "$console" >&2 && fail 'the container does not start'; }
		sleep 0.1
	done
	cat "$console" >&2 && fail 'the container does not come up'
}

failed=
for story in ${STORIES:-documents service}; do
	printf '\n━━ %s\n' "$story"
	boot "$story"
	nsenter --target "$init" --all env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb HOME=/root bash /test/guest.sh || failed=1
	down
done
[ -z "$failed" ]
