#!/usr/bin/env bash
# The main job, end to end, on made-up staff: two dossiers, two months, with what goes wrong in real life; then what is read of others.
# Called by `make demo` with a server in SYNCD_TEST_DATABASE_URL, throwaway or a developer's own: an account that may create
# databases and roles, where a role may log in with a password. Leaves nothing running and nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/bin:$PATH
export PGOPTIONS='-c client_min_messages=warning'
export LC_ALL=C.UTF-8

# Roles belong to the whole server, so the demo's have names of their own.
work=$(mktemp -d)
name=syncd_demo_$$
admin=$SYNCD_TEST_DATABASE_URL
sandbox=
finish() {
	trap '' INT TERM HUP
	if [ -n "$sandbox" ]; then
		kill "$sandbox" 2>/dev/null || true
		wait "$sandbox" 2>/dev/null || true
	fi
	psql -X -q "$admin" -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" -c "DROP ROLE IF EXISTS $name, ${name}_web, ${name}_writer, ${name}_reader" || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -t 1 ]; then bold=$(tput bold || true) plain=$(tput sgr0 || true); else bold='' plain=''; fi
title() { printf '\n%s── %s%s\n' "$bold" "$*" "$plain"; }
# say runs a command as a reader would type it. Some end with a code that tells of people not delivered, or of a run that is
# held: that is shown.
say() {
	local code=0
	printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"
	"$@" || code=$?
	[ "$code" = 0 ] || printf '(exit code %s)\n' "$code"
	[ "$code" = 0 ] || [ "$code" = 4 ] || [ "$code" = 5 ] || exit "$code"
}
sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$owner" "$@"; }
# sample fills staging with made-up people and payroll elements, as an export would.
sample() { syncd sandbox sample saint-martin=8 sainte-anne=120 "$@" | sql >/dev/null; }
# start_sandbox serves until the end of the demo, or until another one takes its place.
start_sandbox() {
	if [ -n "$sandbox" ]; then
		kill -INT "$sandbox"
		wait "$sandbox" || true
	fi
	syncd sandbox "$@" 2>"$work/sandbox.log" &
	sandbox=$!
	for _ in $(seq 100); do
		if grep -q listening "$work/sandbox.log"; then break; fi
		sleep 0.05
	done
}
newest_run() { syncd runs --json --limit 1 "$@" | grep -om1 '"id": *[0-9]*' | grep -o '[0-9]*'; }

psql -X -q "$admin" -c "CREATE DATABASE $name TEMPLATE template0 ENCODING 'UTF8'"
owner=$(sed -E "s#/[^/?]*(\?|\$)#/$name\1#" <<<"$admin")
port=$((20000 + $$ % 20000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done

title 'A rehearsal: its configuration, the default staging tables, and a role that may only read them'
syncd sandbox init "$work/rehearsal" --listen "127.0.0.1:$port" --database postgres:///unused >/dev/null
sed -i -e 's#^url = .*#url = { env = "DEMO_DATABASE_URL" }#' -e 's/^language = .*/language = "en"/' "$work/rehearsal/config.toml"
sql -f "$work/rehearsal/staging.sql"
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
sed -E -e "s/\bsyncd_web\b/${name}_web/g" -e "s/\bstaging_writer\b/${name}_writer/g" -e "s/\binbox_reader\b/${name}_reader/g" -e "s/\bsyncd\b/$name/g" \
	-e "s/(SCHEMA (IF NOT EXISTS )?)$name/\1syncd/g" -e "s/'$name'::regnamespace/'syncd'::regnamespace/g" \
	"$work/rehearsal/roles.sql" | sql >/dev/null
sql <<<"ALTER ROLE $name PASSWORD '$password'"
DEMO_DATABASE_URL=$(sed -E "s#^([a-z]+://)([^@/]*@)?#\1$name:$password@#" <<<"$owner")
export DEMO_DATABASE_URL SYNCD_CONFIG=$work/rehearsal/config.toml
say syncd migrate

title 'Two made-up associations of 8 and 120 employees, with some mistakes'
sample --period 2026-11
sql -c "UPDATE staging.employee SET contrat = '9' WHERE dossier = 'sainte-anne' AND matricule = '00017';
        UPDATE staging.employee SET fonction = 'F_VIESCO_1' WHERE dossier = 'sainte-anne' AND matricule = '00042';
        UPDATE staging.employee SET nom_usage = repeat('DE LA TOUR ', 9) WHERE dossier = 'saint-martin' AND matricule = '00002';
        INSERT INTO staging.payroll_element VALUES ('sainte-anne', '00999', '2026-11', 'HSUP25', 3.5, NULL);
        UPDATE staging.employee SET nir = substr(nir, 1, 13) || '98' WHERE dossier = 'saint-martin' AND matricule = '00005';"
sql -c "SELECT count(*) || ' employees, ' || (SELECT count(*) FROM staging.payroll_element) || ' payroll elements' FROM staging.employee"

title 'The sandbox stands in for Isidoor'
start_sandbox
cat "$work/sandbox.log"

title 'What the API says that it takes: its contract'
say syncd contract fetch

title 'Is everything ready? (A throwaway server is not durable, which check warns of.) Then the nomenclatures'
say syncd check
say syncd run dictionnaire

title 'November: look first'
say syncd plan paie --period 2026-11

title 'Then send. Two employees have an unknown code, one a name too long for the contract, one element has no employee, the API refuses one NIR'
say syncd run paie --period 2026-11

title 'The export into staging is corrected, and the job run again: only what was missing goes'
sql -c "UPDATE staging.employee SET contrat = '01' WHERE dossier = 'sainte-anne' AND matricule = '00017';
        UPDATE staging.employee SET fonction = 'F_VIESCO_01' WHERE dossier = 'sainte-anne' AND matricule = '00042';
        UPDATE staging.employee SET nom_usage = NULL WHERE dossier = 'saint-martin' AND matricule = '00002';
        DELETE FROM staging.payroll_element WHERE matricule = '00999';
        UPDATE staging.employee SET nir = substr(nir, 1, 13) || lpad((97 - substr(nir, 1, 13)::numeric % 97)::text, 2, '0')
        WHERE dossier = 'saint-martin' AND matricule = '00005';"
say syncd run paie --period 2026-11

title 'One payroll element changes: only that employee goes'
sql -c "UPDATE staging.payroll_element SET quantity = coalesce(quantity, 0) + 2
        WHERE ctid = (SELECT ctid FROM staging.payroll_element WHERE dossier = 'saint-martin' AND matricule = '00003' AND quantity IS NOT NULL LIMIT 1);"
say syncd run paie --period 2026-11 --dossier saint-martin
changed=$(newest_run)

title 'What November was, and what arrived'
say syncd runs
say syncd sandbox received --dossier saint-martin

title 'The next month'
sample --period 2026-12 --elements-only
say syncd run paie --period 2026-12

title 'What was done for one employee: then, and this month'
say syncd show "$changed" --diff --employee 00003
say syncd show "$(newest_run --dossier saint-martin)" --diff --employee 00003

title 'The API changes, and takes e-mail addresses of 40 characters at most: the next run is held until somebody accepts that'
syncd sandbox contract >"$work/changed.json"
start_sandbox --contract "$work/changed.json"
sed -i 's/"maxLength": 254/"maxLength": 40/' "$work/changed.json"
say syncd contract fetch
sql -c "UPDATE staging.employee SET ville = 'DINAN' WHERE dossier = 'saint-martin' AND matricule IN ('00004', '00007');"
say syncd run paie --period 2026-12 --dossier saint-martin
say syncd contract accept --reason 'announced by FNOGEC'
say syncd resume "$(newest_run --dossier saint-martin)"

# pulls rehearses a partner that is read from, in the same ledger: the second run finds nothing new.
pulls() {
	local folder=$work/$1
	syncd sandbox init "$folder" --profile "$1" --listen "127.0.0.1:$port" --database postgres:///unused >/dev/null
	sed -i -e 's#^url = .*#url = { env = "DEMO_DATABASE_URL" }#' -e 's/^language = .*/language = "en"/' "$folder/config.toml"
	cp "$work/rehearsal/ledger-key.secret" "$folder/ledger-key.secret"
	export SYNCD_CONFIG=$folder/config.toml
	start_sandbox
	say syncd run lecture --dossier saint-martin
	say syncd run lecture
}
title 'Chorus Pro: the invoices to public bodies, and their state'
pulls chorus-pro
title 'Iopole: invoices and statuses, with files, each marked as seen once it is stored'
pulls iopole
title 'Jindexe: the lists that the configuration names'
pulls jindexe

title 'What people ask of it, in SQL (docs/inbox.md has ten such questions), and by hand'
query="SELECT statut, count(*) AS factures, sum(montant_ttc) AS montant_ttc FROM inbox.chorus_factures
WHERE dossier = 'saint-martin' GROUP BY statut ORDER BY statut"
printf '\n%s%s%s\n' "$bold" "$query" "$plain"
psql -X -q -P pager=off "$owner" -c "$query"
say syncd inbox list --limit 5
