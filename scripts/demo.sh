#!/usr/bin/env bash
# The main job, end to end, on made-up staff: two dossiers, two months, with what goes wrong in real life.
# Called by `make demo` with a throwaway server in SYNCD_TEST_DATABASE_URL; leaves nothing running and nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/bin:$PATH
export PGOPTIONS='-c client_min_messages=warning'
export LC_ALL=C.UTF-8

work=$(mktemp -d)
database=syncd_demo_$$
admin=$SYNCD_TEST_DATABASE_URL
sandbox=
finish() {
	[ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true
	psql -X -q "$admin" -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" || true
	rm -rf "$work"
}
trap finish EXIT

if [ -t 1 ]; then bold=$(tput bold || true) plain=$(tput sgr0 || true); else bold='' plain=''; fi
title() { printf '\n%s── %s%s\n' "$bold" "$*" "$plain"; }
# say runs a command as a reader would type it. Some end with a code that tells of people not delivered: that is shown.
say() {
	local code=0
	printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"
	"$@" || code=$?
	[ "$code" = 0 ] || printf '(exit code %s)\n' "$code"
	[ "$code" = 0 ] || [ "$code" = 4 ] || exit "$code"
}
staging() { psql -X -q -v ON_ERROR_STOP=1 "$url" -c "$1"; }

psql -X -q "$admin" -c "CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8'"
url=$(sed -E "s#/[^/?]*(\?|\$)#/$database\1#" <<<"$admin")
port=$((20000 + $$ % 20000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done

title 'A rehearsal: configuration, staging tables, and two made-up associations of 8 and 120 employees'
syncd sandbox init "$work/rehearsal" --listen "127.0.0.1:$port" --database postgres:///unused >/dev/null
sed -i -e 's#^url = .*#url = { env = "DEMO_DATABASE_URL" }#' -e 's/^language = .*/language = "en"/' "$work/rehearsal/config.toml"
export DEMO_DATABASE_URL=$url SYNCD_CONFIG=$work/rehearsal/config.toml
psql -X -q -v ON_ERROR_STOP=1 "$url" -f "$work/rehearsal/staging.sql"
syncd sandbox sample saint-martin=8 sainte-anne=120 --period 2026-11 | psql -X -q -v ON_ERROR_STOP=1 "$url" >/dev/null
staging "UPDATE staging.employee SET contrat = '9' WHERE dossier = 'sainte-anne' AND matricule = '00017';
         UPDATE staging.employee SET fonction = 'F_VIESCO_1' WHERE dossier = 'sainte-anne' AND matricule = '00042';
         INSERT INTO staging.payroll_element VALUES ('sainte-anne', '00999', '2026-11', 'HSUP25', 3.5, NULL);
         UPDATE staging.employee SET nir = substr(nir, 1, 13) || '98' WHERE dossier = 'saint-martin' AND matricule = '00005';"
psql -X -At "$url" -c "SELECT count(*) || ' employees, ' || (SELECT count(*) FROM staging.payroll_element) || ' payroll elements' FROM staging.employee"
say syncd migrate

title 'The sandbox stands in for Isidoor'
syncd sandbox 2>"$work/sandbox.log" &
sandbox=$!
for _ in $(seq 100); do grep -q listening "$work/sandbox.log" && break; sleep 0.05; done
cat "$work/sandbox.log"

title 'Is everything ready? Then the nomenclatures'
say syncd run dictionnaire
say syncd check

title 'November: look first'
say syncd plan paie --period 2026-11

title 'Then send. Two employees have an unknown code, one element has no employee, the API refuses one NIR'
say syncd run paie --period 2026-11

title 'The export into staging is corrected, and the job run again: only what was missing goes'
staging "UPDATE staging.employee SET contrat = '01' WHERE dossier = 'sainte-anne' AND matricule = '00017';
         UPDATE staging.employee SET fonction = 'F_VIESCO_01' WHERE dossier = 'sainte-anne' AND matricule = '00042';
         DELETE FROM staging.payroll_element WHERE matricule = '00999';
         UPDATE staging.employee SET nir = substr(nir, 1, 13) || lpad((97 - substr(nir, 1, 13)::numeric % 97)::text, 2, '0')
         WHERE dossier = 'saint-martin' AND matricule = '00005';"
say syncd run paie --period 2026-11

title 'One payroll element changes: only that employee goes'
staging "UPDATE staging.payroll_element SET quantity = coalesce(quantity, 0) + 2
         WHERE ctid = (SELECT ctid FROM staging.payroll_element WHERE dossier = 'saint-martin' AND matricule = '00003' AND quantity IS NOT NULL LIMIT 1);"
say syncd run paie --period 2026-11 --dossier saint-martin
last=$(syncd runs --json --limit 1 | grep -om1 '"id": *[0-9]*' | grep -o '[0-9]*')
say syncd show "$last" --diff

title 'The next month'
syncd sandbox sample saint-martin=8 sainte-anne=120 --period 2026-12 --elements-only | psql -X -q -v ON_ERROR_STOP=1 "$url" >/dev/null
say syncd run paie --period 2026-12

title 'What was done'
say syncd runs
say syncd sandbox received --dossier saint-martin
