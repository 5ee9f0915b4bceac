#!/usr/bin/env bash
# What the documents say, block by block, on a machine that never saw syncd: inside the container that scripts/test-systemd.sh
# boots. What a document shows as printed is what is printed. Only Isidoor is its stand-in, and the months are this one. Of a document
# in both languages one is followed where all that it types is the same (TestBothLanguagesTypeTheSame) and what it shows is compared in
# both (cmd/syncd, documents.txtar): in French those are, that begin otherwise there.
# shellcheck disable=SC2016,SC2034,SC2317 # texts and functions for check
# shellcheck source=scripts/test-systemd-lib.sh
. /test/lib.sh

# How much a first delivered month of a rehearsal may cost whoever follows docs/rehearsal.md.
readonly most_commands=12 most_edits=1
readonly work=/tmp/blocks folder=/etc/syncd

# blocks DOCUMENT divides it: $work/NAME/NNN.LANGUAGE is the NNNth of its blocks. What a program prints has the language "shown".
blocks() {
	local into=$work/${1##*/}
	mkdir -p "$into"
	awk -v into="$into" '
		/^```/ { if (file) { close(file); file = "" } else { file = sprintf("%s/%03d.%s", into, ++n, length($0) > 3 ? substr($0, 4) : "shown"); printf "" >file }; next }
		file { print >file }' "/test/docs/$1"
}
# commands FILE: those that a person types, one a line: what && joins are two.
commands() { sed -E ':a; /\\$/ { N; s/\\\n//; ba }; s/[[:space:]]+# .*//; s/ && /\n/g' "$1" | grep -vE '^[[:space:]]*(#|$)'; }
# shows SHOWN SAID: the pieces between lines "…" stand in what was said, in this order.
shows() {
	local piece='' line said
	said=$'\n'$(plain_spaces <"$2")$'\n'
	while IFS= read -r line; do
		if [ "$line" != … ]; then
			piece+=$'\n'$line
			continue
		fi
		[[ $said == *"$piece"$'\n'* ]] || { printf '%s\n\nlacks what the document shows:%s\n' "$said" "$piece" && return 1; }
		said=$'\n'${said#*"$piece"$'\n'} piece=
	done < <(plain_spaces <"$1" && echo …)
}
# journal_shows LINE: the journal has one like it, of another run.
journal_shows() { journal_says "$(sed -E 's/(duration|run|job|dossier|period) [^,)]+/\1 [^,)]*/g; s/\[\^,\)\]\*, state .*/[^,)]*, state succeeded/' "$1")" --unit syncd; }
# plain_spaces are what a writer of documents sees of those that do not break.
plain_spaces() { sed 's/\xc2\xa0/ /g; s/\xe2\x80\xaf/ /g'; }

# As whom a document is followed: marie has sudo, root needs none.
with_sudo() { su marie -s /bin/bash -c 'cd && exec bash -e "$1"' bash "$1"; }
without_sudo() { sed 's/\bsudo //g' "$1" >"$1.root" && (cd /root && PATH=/usr/local/bin:$PATH exec bash -e "$1.root"); }

# follow DOCUMENT WHO [FROM [TO]]: each block in turn, and what it shows.
follow() {
	local block name title number
	name=${1##*/}
	[ -d "$work/$name" ] || blocks "$1"
	for block in "$work/$name"/*.{sh,shown,csv,sql,ini,toml,sudoers}; do [ -e "$block" ] && echo "$block"; done | sort >"$work/order"
	while read -r block <&8; do
		number=$(basename "$block")
		if [ "$((10#${number%%.*}))" -lt "${3:-1}" ] || [ "$((10#${number%%.*}))" -gt "${4:-999}" ]; then continue; fi
		title="$1, block ${number##0}"
		case $block in
		*.sh)
			last=$work/$name.said
			sed "s/2026-11/$(date +%Y-%m)/g" "$block" >"$block.typed"
			check "$title: $(commands "$block" | head -n 1 | cut -c 1-80)" "trap 'tail -n 20 $last' EXIT; type_ '$2' '$block.typed' >'$last' 2>&1"
			measure "$block"
			;;
		*.shown) if grep -q '^run finished (' "$block"; then check "$title is in the journal" "journal_shows '$block'"; else check "$title is what is shown" "shows '$block' '$last'"; fi ;;
		*) check "$title is used" "use '$block'" ;;
		esac
	done 8<"$work/order"
}

# type_ WHO BLOCK types it as a person does: answers what is asked, waits where they would, leaves open what has a terminal of its own.
type_() {
	case $(<"$2") in
	*'sandbox --contract'*) "$1" "$2" & within 20 listens ;;
	*'contract accept'*) "$1" "$2" && within 30 run_is incomplete ;;
	*'essai show 5') within 30 run_is succeeded 5 && "$1" "$2" ;;
	*'received --dossier sainte-anne'*) within 120 month_is_whole && "$1" "$2" && not_repeated ;;
	*'editor /etc/syncd/essai/'*)
		echo '/^name = "paie"/a schedule = "45 14 * * *"' >/tmp/edits
		"$1" "$2" && grep -q '^schedule = "45 14' "$folder/essai/config.toml"
		;;
	*'syncd-web@essai'*) "$1" "$2" ;;
	*'disable --now'*) contract_ends && "$1" "$2" ;;
	'syncd setup') converse 'syncd setup' <<<"$answers" && at_stand_in "$folder/config.toml" ;;
	'syncd setup --set'*) set_up_by_flags "$1" "$2" ;;
	*'staging load'* | *load.sql*) with_sudo "$2" ;; # marie, as herself
	*'journalctl -u syncd -f'*) code 124 timeout 5 bash -e "$2" ;;
	*'approve 12'*) in_production "$2" ;;
	*database-url) sed -i 's/db\.example\.org\/paie?sslmode=verify-full/127.0.0.1\/paie?sslmode=require/' "$2" && "$1" "$2" ;;
	*'setup --instance essai'*) second_instance "$1" "$2" ;;
	*rekey*) code 3 bash -c "$(head -n 1 "$2")" && sed 1d "$2" >"$2.rest" && "$1" "$2.rest" ;;
	*'contract fetch --json'*) "$1" "$2" >/tmp/said && cat /tmp/said && [ ! -s /tmp/said ] ;;
	*'alerts test'*) "$1" "$2" && within 10 journal_says '^Subject: ' --unit smtp && within 10 journal_says '^X-Syncd-Signature: sha256=' --unit webhook ;;
	*'alerts silence'*)
		sed -i "s/2026-12-05/$(date -d '+4 days' +%F)/; s/unsilence 3/unsilence 1/" "$2"
		"$1" "$2" && not grep -q . <<<"$(sql <<<'SELECT FROM syncd.alert_silence WHERE ended_at IS NULL')"
		;;
	*/readyz*) answers_at "$1" "$2" ;;
	*'jq -rR'*)
		printf '[daemon]\nlog = "json"\n' >/tmp/json.toml
		in_section /tmp/json.toml && systemctl restart syncd && syncd-admin run --detach dictionnaire
		within 30 pulled "$1" "$2"
		;;
	*'systemd-creds decrypt'*) script -qec "cd $folder/credentials; bash -e '$2'" /dev/null </dev/null ;;
	*'systemctl edit'*)
		edited "$2"
		script -qec "cd /root; bash -e '$2'" /dev/null </dev/null
		;;
	*) "$1" "$2" ;;
	esac
}
# use BLOCK: what is written into a file.
use() {
	case $1 in
	*.sudoers)
		rm /etc/sudoers.d/marie
		install -m 440 "$1" /etc/sudoers.d/syncd && visudo --check --strict
		echo marie:secret | chpasswd
		as_marie 'echo secret | sudo -S syncd-admin runs' && not as_marie 'echo secret | sudo -k -S id'
		;;
	*.csv)
		local name=employees
		[ ! -e /home/marie/employees.csv ] || name=elements
		iconv -f UTF-8 -t WINDOWS-1252 "$1" >"/home/marie/$name.csv"
		;;
	*.sql) cp "$1" /home/marie/load.sql ;;
	*.ini) grep -qxFf "$1" /etc/systemd/system/syncd.service.d/*.conf || { edited /dev/null "$1" && script -qec 'systemctl edit syncd' /dev/null </dev/null; } ;;
	*.toml)
		case $(<"$1") in
		'[web]'*essai*) cat "$1" >>"$folder/essai/config.toml" ;;
		'[web]'*) cat "$1" >>"$folder/config.toml" ;;
		*'[alerts.smtp]'*) told_by "$1" ;;
		'[daemon]'* | '[[job]]'*) in_section "$1" ;;
		*'[isidoor.salarie.answer]'*) cat "$1" >>"$folder/config.toml" && syncd-admin schedule && cp "$configured" "$folder/config.toml" ;;
		esac ;; # else a setting for who has other tables
	esac
}

# pulled COMMAND …: it tells of the nomenclatures.
pulled() { grep dictionnaire <<<"$("$@")"; }
# in_section BLOCK: its keys take the place of those that its section has, and the configuration is read.
in_section() {
	local line key header
	header=$(head -n 1 "$1")
	# Of a job, the one that the block names.
	if [ "$header" = '[[job]]' ]; then header=$(sed -n 2p "$1"); fi
	grep -qxF "$header" "$folder/config.toml" || printf '\n%s\n' "$header" >>"$folder/config.toml"
	while IFS= read -r line; do
		key=${line%% = *}
		awk -v header="$header" -v line="$line" -v key="$key" '
			/^\[/ { within = 0 }
			within && index($0, key " =") == 1 { next }
			{ print }
			$0 == header { print line; within = 1 }' "$folder/config.toml" >/tmp/in_section
		cat /tmp/in_section >"$folder/config.toml"
	done < <(sed 's/[[:space:]]\+# .*//' "$1" | grep -vxF "$header" | grep -E '^[a-z_]+ = ')
	syncd-admin schedule
}
# answers_at WHO BLOCK: first over TCP, by a name that was told, too, then over the socket.
answers_at() {
	head -n 1 "$2" >"$2.tcp" && sed 1d "$2" >"$2.unix"
	systemctl restart syncd && within 20 "$1" "$2.tcp"
	curl -fsS -H 'Host: metrics.example.org' http://127.0.0.1:9464/metrics | grep -c '^syncd_' && not curl -fsS -H 'Host: other.example.org' http://127.0.0.1:9464/metrics
	printf '[daemon]\nlisten = "unix:/run/syncd/http.sock"\n' >/tmp/socket.toml
	in_section /tmp/socket.toml && systemctl restart syncd && within 20 "$1" "$2.unix"
}
# told_by BLOCK: the mail server and the other end of the webhook are on this machine, and tell the journal what they get.
told_by() {
	local secret
	for secret in smtp-password webhook-secret; do (umask 077 && head -c 32 /dev/urandom | base64 >"$folder/credentials/$secret"); done
	cat >/tmp/smtp.pl <<-'END'
		$| = 1;
		$l = IO::Socket::INET->new(LocalAddr => "127.0.0.1:2525", Listen => 5) or die;
		while ($c = $l->accept) {
			print $c "220 here\r\n";
			while (<$c>) {
				if (/^EHLO/) { print $c "250-here\r\n250 AUTH PLAIN\r\n" }
				elsif (/^AUTH/) { print $c "235 in\r\n" }
				elsif (/^DATA/) { print $c "354 go on\r\n"; while (<$c>) { last if /^\.\r/; print } print $c "250 taken\r\n" }
				elsif (/^QUIT/) { print $c "221 end\r\n"; last }
				else { print $c "250 ok\r\n" }
			}
			close $c;
		}
	END
	cat >/tmp/webhook.pl <<-'END'
		$| = 1;
		$l = IO::Socket::INET->new(LocalAddr => "127.0.0.1:2580", Listen => 5) or die;
		while ($c = $l->accept) {
			$n = 0;
			while (<$c>) { print; $n = $1 if /^content-length: (\d+)/i; last if /^\r?$/ }
			read $c, $body, $n;
			print $c "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
			close $c;
		}
	END
	for secret in smtp webhook; do systemd-run --quiet --unit="$secret" perl -MIO::Socket::INET "/tmp/$secret.pl"; done
	within 10 eval 'exec 3<>/dev/tcp/127.0.0.1/2525 4<>/dev/tcp/127.0.0.1/2580' 2>/dev/null
	sed -e 's/^host = .*/host = "127.0.0.1"\nport = 2525\ntls = "none"/' -e 's#https://chat.example.org#http://127.0.0.1:2580#' "$1" >>"$folder/config.toml"
	syncd-admin schedule
}

listens() { (exec 3<>/dev/tcp/127.0.0.1/8089) 2>/dev/null; }
rehearsed() { sql syncd_rehearsal <<<"$1"; }
# run_is STATE [RUN]: that one, or the newest.
run_is() { [ "$(rehearsed "SELECT state FROM syncd.run WHERE id = ${2:-(SELECT max(id) FROM syncd.run)}")" = "$1" ]; }
month_is_whole() { [ "$(rehearsed "SELECT count(*) FILTER (WHERE state = 'succeeded') FROM syncd.run WHERE period > to_char(now(), 'YYYY-MM')")" = 2 ]; }
# At most 2 × max_in_flight documents go a second time after a kill.
not_repeated() { [ "$(awk '$4 ~ /^[0-9]+$/ { n += $4 } END { print n + 0 }' "$last")" -le 16 ]; }
contract_ends() {
	systemctl kill --kill-whom=main --signal=INT "$(systemctl list-units --plain --no-legend --state=running 'syncd-admin-*' | awk '{ print $1 }')"
	within 10 not listens
}

# measure BLOCK counts what was typed and edited until the first month was delivered.
typed=0 edits=0 delivered=
measure() {
	if [ -n "$delivered" ]; then return; fi
	typed=$((typed + $(commands "$1" | wc -l)))
	edits=$((edits + $(commands "$1" | grep -cE '\b(editor|sudoedit|systemctl edit)\b')))
	if grep -q 'run paie' "$1"; then delivered=$((SECONDS - begun)); fi
}

# converse COMMAND types answers, lines PROMPT|ANSWER, at a terminal, each once it is asked for.
converse() {
	local prompt answer conversation from=0
	rm -f /tmp/answers && mkfifo /tmp/answers
	: >/tmp/terminal
	script -qefc "$1" /tmp/terminal </tmp/answers >/dev/null &
	conversation=$!
	exec 7>/tmp/answers
	while IFS='|' read -r prompt answer; do
		if ! within 20 asked "$prompt" "$from"; then
			echo "it never asks: $prompt" && cat /tmp/terminal && exec 7>&- && return 1
		fi
		from=$(stat -c %s /tmp/terminal)
		printf '%s\n' "$answer" >&7
	done
	exec 7>&-
	wait "$conversation" || { cat /tmp/terminal && return 1; }
}
asked() { grep -qF -- "$1" <<<"$(tail -c "+$(($2 + 1))" /tmp/terminal | tail -n 1)"; }

# What an association answers. The stand-in for Isidoor knows these secrets.
partner() {
	(cd /root && syncd sandbox init partner --database postgres:///nothing)
	cd /root && cp partner/isidoor-client-secret.secret client.txt && cp partner/dossier-saint-martin.secret key.txt
	systemd-run --quiet --unit=partner syncd sandbox --config /root/partner/config.toml
	within 10 listens
}
answers_of() {
	if [ "${LANG%%_*}" = fr ]; then
		cat <<END
Langue des comptes rendus|fr
Environnement|
Partenaires|
isidoor: client_id|our-editor
isidoor: client_secret|$(cat /root/client.txt)
Dossier|saint-martin
SIRET|12345678200011
SIRET|12345678200010
Libellé|OGEC Saint-Martin
Un autre dossier|
Clé de saint-martin|$(cat /root/key.txt)
Base de données|${1:-}
Tables|
Quand envoyer|
END
		return
	fi
	cat <<END
Language of reports|en
Environment|
Partners|
isidoor: client_id|our-editor
isidoor: client_secret|$(cat /root/client.txt)
Dossier|saint-martin
SIRET|12345678200011
SIRET|12345678200010
Label|OGEC Saint-Martin
further|
Key of saint-martin|$(cat /root/key.txt)
Database|${1:-}
Tables|
When the month|
END
}
# at_stand_in CONFIGURATION: Isidoor is on this machine.
at_stand_in() { sed -i '/^\[isidoor\]/a base_url = "http://127.0.0.1:8089/Api2"\ntoken_url = "http://127.0.0.1:8089/Auth/connect/token"' "$1"; }
modes() { [ "$(cd "$1" && stat -c '%a %U %n' credentials/* config.toml . credentials | xargs)" = \
	'600 root credentials/dossier-saint-martin 600 root credentials/isidoor-client-secret 600 root credentials/ledger-key 644 root config.toml 755 root . 700 root credentials' ]; }

# set_up_by_flags: where there is a configuration nothing is done; without it flags make the same one, and what is there stays.
set_up_by_flags() {
	local key
	key=$(sha256sum "$folder/config.toml")
	"$1" "$2" && [ "$(sha256sum "$folder/config.toml")" = "$key" ]
	mv "$folder/config.toml" /tmp/asked.toml
	key=$(sha256sum "$folder/credentials/ledger-key")
	"$1" "$2"
	[ "$(sha256sum "$folder/credentials/ledger-key")" = "$key" ]
	at_stand_in "$folder/config.toml"
	diff /tmp/asked.toml "$folder/config.toml"
}

# what_is_left: what a setup prints to be typed can be typed as it stands, by who has sudo: also a secret that was left for later.
what_is_left() {
	local step
	converse "su marie -c 'sudo syncd setup --instance later --database later'" \
		<<<"$(answers_of | sed -e '/^Database/d' -e 's/^\(Key of saint-martin|\).*/\1/')"
	at_stand_in "$folder/later/config.toml"
	syncd sandbox sample saint-martin=8 | sql later
	tr -d '\r' </tmp/terminal | sed -nE '/^What is left/,/^Keep a copy/s/^  (.*[^ ]) +# .*/\1/p' >/tmp/left
	[ "$(wc -l </tmp/left)" -ge 6 ]
	while read -r step <&9; do
		echo "$step" | tee /tmp/step
		case $step in
		*systemd-ask-password*) converse 'su marie -s /bin/bash /tmp/step' <<<"dossier-saint-martin|$(cat /root/key.txt)" ;;
		*) su marie -s /bin/bash -c 'bash -e /tmp/step' ;;
		esac
	done 9</tmp/left
	is ActiveState active syncd@later.service
	[ "$(stat -c '%a %U' "$folder/later/credentials/dossier-saint-martin")" = '600 root' ]
	systemctl disable --now syncd@later && rm -r "$folder/later"
}

# in_production: the first run there is held. The stand-in is never production: a month with many who are new takes its place.
in_production() {
	local run
	syncd-admin period reopen "$(date +%Y-%m)" --for 1h --reason trial
	local many
	many=$((40 + 3 * $(sql <<<'SELECT count(*) FROM staging.employee')))
	sql <<<'DELETE FROM staging.payroll_element; DELETE FROM staging.employee'
	syncd sandbox sample "saint-martin=$many" | sql
	code 5 bash -c "$(head -n 1 "$1")"
	run=$(sql <<<'SELECT max(id) FROM syncd.run')
	sed "1d; s/\b12\b/$run/" "$1" >"$1.numbered" && bash -e "$1.numbered"
	within 30 eval '[ "$(sql <<<"SELECT state FROM syncd.run WHERE id = '"$run"'")" = succeeded ]'
}

second_instance() {
	converse "$(head -n 1 "$2" | sed 's/ *#.*//')" <<<"$(answers_of | sed '/^Database/d')"
	at_stand_in "$folder/essai/config.toml"
	syncd sandbox sample saint-martin=8 | sql essai
	sed 1d "$2" >"$2.rest" && "$1" "$2.rest"
	is ActiveState active syncd.service && is ActiveState active syncd@essai.service && test -S /run/syncd-essai/http.sock
	syncd-admin -i essai run paie
}

# The editor of systemctl writes what edited says, and another one changes a configuration.
editors() {
	printf '#!/bin/sh\nexec sed -i -f /tmp/edits "$1"\n' >/usr/local/bin/editor
	printf '#!/bin/sh\nexec sed -i "/^### Anything between/r /tmp/unit" "$1"\n' >/usr/local/bin/unit-editor
	chmod +x /usr/local/bin/editor /usr/local/bin/unit-editor
	export SYSTEMD_EDITOR=/usr/local/bin/unit-editor
}
# edited BLOCK [INI]: what is written stands beside the command as a remark, or is the next block.
edited() {
	local next=${2:-}
	if [ -z "$next" ] && ! sed -nE 's/.*# (\[Service\]|EnvironmentFile=.*)/\1/p' "$1" | tee /tmp/unit | grep -q .; then
		next=$(grep -A 1 -x "${1%.typed}" "$work/order" | grep '\.ini$')
	fi
	if [ -n "$next" ]; then cp "$next" /tmp/unit; fi
}

what 'docs/rehearsal.md, as marie types it'
check 'the machine is there' 'machine'
editors
echo 'marie ALL = NOPASSWD: ALL' >/etc/sudoers.d/marie
for home in /home/marie /root; do cp /test/older.deb "$home/syncd_0.1-1_amd64.deb"; done
begun=$SECONDS
follow rehearsal.md with_sudo
check "the first delivered month: $typed commands, $edits edited files, $delivered s from the package" \
	'[ "$typed" -le "$most_commands" ] && [ "$edits" -le "$most_edits" ] && [ -n "$delivered" ]'
echo "        the whole page, as fast as it can be typed: $((SECONDS - begun)) s"
check 'nothing of the rehearsal is left' '[ -z "$(ls /etc/syncd/credentials; ls -d /etc/syncd/essai 2>/dev/null)" ] && not sql syncd_rehearsal <<<"SELECT 1"'
check 'the package has these documents' 'diff -r /test/docs /usr/share/doc/syncd/docs -x "*.txt"'

what 'docs/fr/repetition.md, as root types it, where there is no sudo'
mv /usr/bin/sudo /usr/bin/sudo.away
export LANG=fr_FR.UTF-8
follow fr/repetition.md without_sudo
export LANG=C.UTF-8
mv /usr/bin/sudo.away /usr/bin/sudo

what 'syncd setup, where something is in the way'
check 'only root may' 'says "sudo syncd setup" 2 as_marie "syncd setup"'
check 'and which instance it was is told' 'says "hint: sudo syncd-admin -i essai run paie" 2 as_marie "syncd-admin -i essai run paie"'
systemctl stop 'postgresql@*'
check 'without a server it says how to start one' 'says "systemctl start postgresql" 3 syncd setup --rehearsal --instance nowhere'
mv /usr/bin/psql /usr/bin/psql.away
check 'without PostgreSQL it says how to get it' 'says "apt install postgresql" 3 syncd setup --rehearsal --instance nowhere'
mv /usr/bin/psql.away /usr/bin/psql
systemctl start "postgresql@$(ls /usr/lib/postgresql)-main"
check 'nothing is made by then but empty folders' '[ -z "$(find /etc/syncd -type f)" ]'
check 'a role that may too much is told of and left' '
	sql postgres <<<"ALTER ROLE syncd CREATEDB"
	says "CREATEDB" 0 syncd setup --rehearsal --instance nowhere
	sql postgres <<<"ALTER ROLE syncd NOCREATEDB; DROP DATABASE syncd_rehearsal"
	rm -r /etc/syncd/nowhere'

what 'docs/install.md, and docs/staging.md for the month, as root types them'
check 'the stand-in for Isidoor answers' 'partner'
answers=$(answers_of paie)
follow install.md without_sudo 1 3
check 'files of secrets are of root alone, and the configuration is for all' 'modes "$folder"'
follow staging.md without_sudo
check 'what a setup leaves to be typed can be typed' 'what_is_left'
follow install.md without_sudo 4

what 'docs/page.md, as root types it'
# page PATH [HOST [UNIT]]: what any user of the machine is answered by the page's socket. Until it has opened the ledger, that is 503.
page() {
	setpriv --reuid nobody --clear-groups perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new("/run/$ARGV[2]/web.sock") or die "$!\n";
		print $s "GET $ARGV[0] HTTP/1.1\r\nHost: $ARGV[1]\r\nConnection: close\r\n\r\n"; print while <$s>' "$1" "${2:-paie.example.org}" "${3:-syncd-web}"
}
served() { is ActiveState active syncd-web.service && grep -q '^HTTP/1.1 303 ' <<<"$(page / 2>/dev/null)"; }
essai_served() { is ActiveState active syncd-web@essai.service && grep -q '^HTTP/1.1 303 ' <<<"$(page / essai.example.org syncd-web-essai 2>/dev/null)"; }
check 'without its section it does not start, and does not try again' '
	not systemctl start syncd-web && is NRestarts 0 syncd-web.service && is ExecMainStatus 3 syncd-web.service'
follow page.md without_sudo
check 'the page is served to who comes by its name, and to nobody else' '
	within 10 served && grep -q "^HTTP/1.1 421 " <<<"$(page / rebound.example)" && grep -qi "^content-security-policy:" <<<"$(page /)"'
check 'by another user than the service, who has the ledger key and no other secret' '
	main=$(show MainPID syncd-web.service)
	[ "$(getent passwd "$(stat -c %u "/proc/$main")" | cut -d: -f1)" = syncd_web ] && [ "$(ls /run/credentials/syncd-web.service)" = syncd_ledger-key ]'
check 'who was invited is listed' 'grep -q "marie.dupont .*prepare (saint-martin)" <<<"$(syncd-admin account list)"'
check 'it does without the service' 'systemctl stop syncd && served && systemctl start syncd'
check 'it outlives the database, and finds it again' '
	systemctl stop "postgresql@*" && is ActiveState active syncd-web.service && grep -q "^HTTP/1.1 \(303\|503\) " <<<"$(page /)"
	systemctl start "postgresql@$(ls /usr/lib/postgresql)-main" && within 20 served && within 30 is ActiveState active'

what 'docs/contract.md, docs/alerts.md and docs/monitoring.md, as root types them'
configured=/tmp/configured.toml && cp "$folder/config.toml" "$configured"
follow contract.md without_sudo 1 1
# printed N COMMAND: what docs/contract.md shows as its block N is in what this prints. Places and months are of this machine.
# Block 5 is of a run's report, which cmd/syncd compares (documents.txtar).
printed() {
	local said=$work/contract.md.said
	check "docs/contract.md, block $1 is what is printed" "
		$2 >'$said' 2>&1
		sed -i \"s/config\.toml:[0-9]*:/config.toml:261:/; s/$(LC_ALL=C date +'%B %Y')/November 2026/\" '$said'
		shows '$work/contract.md/00$1.shown' '$said'"
}
eight() { sql <<<'DELETE FROM staging.payroll_element; DELETE FROM staging.employee' && syncd sandbox sample saint-martin=8 | sql; }
# other_shape: the sandbox's, on a ledger of its own.
other_shape() (
	cd /tmp
	sql postgres <<<'CREATE DATABASE flat' && sql flat </usr/share/syncd/staging.sql
	su postgres -c 'syncd sandbox init /tmp/flat --profile plat --listen 127.0.0.1:8091 --database postgres:///flat'
	sed -i 's/^language = .*/language = "en"/' flat/config.toml
	systemd-run --quiet --unit=flat syncd sandbox --profile plat --config /tmp/flat/config.toml
	within 10 eval 'exec 3<>/dev/tcp/127.0.0.1/8091' 2>/dev/null
	su postgres -c 'export SYNCD_CONFIG=/tmp/flat/config.toml && syncd migrate && syncd contract fetch && syncd contract scaffold paie'
	systemctl stop flat && sql postgres <<<'DROP DATABASE flat' && rm -r flat
)
not_fitting() {
	syncd sandbox contract --config /root/partner/config.toml | sed 's/"NomUsage"/"Alias"/' >"$folder/api.json"
	printf '[isidoor.salarie]\ncontract = "api.json"\n' >/tmp/contract.toml && in_section /tmp/contract.toml
	code 3 syncd-admin check
}
other_verb() { sed -i 's/"post": {/"put": {/' "$folder/api.json" && code 3 syncd-admin check; }
unknown_codes() {
	eight
	sql <<-'END'
		UPDATE staging.employee SET strate = 'IX' WHERE matricule = '00005';
		DELETE FROM staging.payroll_element WHERE matricule = '00006' AND ctid <> (SELECT min(ctid) FROM staging.payroll_element WHERE matricule = '00006');
		UPDATE staging.payroll_element SET code = 'NOPE' WHERE matricule = '00006';
	END
	code 4 syncd-admin dictionary impact
}
printed 2 other_shape
printed 3 not_fitting
printed 4 other_verb
cp "$configured" "$folder/config.toml" && rm "$folder/api.json"
follow contract.md without_sudo 6 7
printed 8 unknown_codes
eight
follow alerts.md without_sudo
check 'the service starts with all that, and its journal has no address' '
	systemctl restart syncd && within 10 is ActiveState active && not grep -q "example.org/hooks" <<<"$(journalctl --unit syncd --output cat --no-pager)"'
follow monitoring.md without_sudo
cp "$configured" "$folder/config.toml"
rm "$folder"/credentials/{smtp-password,webhook-secret} && systemctl stop smtp webhook && systemctl restart syncd

what 'docs/administration.md, as root types it'
cp /test/newer.deb /root/syncd_NEWER.deb
configuration=$(sha256sum "$folder/config.toml")
page=$(show MainPID syncd-web.service)
follow administration.md without_sudo 1 1
check 'an upgrade asks nothing, and starts anew what ran, the page as well' '
	[ "$(sha256sum "$folder/config.toml")" = "$configuration" ] && within 10 is ActiveState active && within 10 served && [ "$(show MainPID syncd-web.service)" != "$page" ] && [ "$(dpkg-query -W -f "\${Version}" syncd)" = "$(dpkg-deb -f /test/newer.deb Version)" ]'
follow administration.md without_sudo 2 4
check 'the second page is served by its own name, and has accounts of its own; so is the first' '
	within 10 essai_served && served && grep -q "^HTTP/1.1 421 " <<<"$(page / paie.example.org syncd-web-essai)"
	[ "$(sql essai <<<"SELECT count(*) FROM syncd.account")" = 1 ]'
sql <<<"ALTER ROLE syncd PASSWORD 'PASSWORD'"
follow administration.md without_sudo 6 6
check 'over the network, with the whole URL as a secret' '
	sed -i "s/^url = .*/url = { credential = \"database-url\" }/" "$folder/config.toml" && syncd-admin check && systemctl restart syncd && is ActiveState active'
cp "$configured" "$folder/config.toml"
follow administration.md without_sudo 7 8
check 'the proxy is in the environment of the service, and of its commands' '
	grep -q "HTTPS_PROXY=http://syncd:s3cret%40x@proxy" "/proc/$(pid)/environ"'
check 'what is to be told of a failure is' '
	systemctl start syncd-failure@syncd.service.service && within 10 journal_says "syncd.service failed" --priority crit'
cp -a "$folder/credentials" /tmp/plain
follow administration.md without_sudo 9 10
check 'the service starts with secrets that are encrypted, whatever their names' '
	not grep -q . <<<"$(comm -12 <(sort /tmp/plain/*) <(sort "$folder"/credentials/* 2>/dev/null))" && systemctl restart syncd && is ActiveState active && syncd-admin check'
check 'so does the page' '
	mkdir -p /etc/systemd/system/syncd-web.service.d
	grep -o "LoadCredentialEncrypted=syncd_ledger-key:[a-z/-]*" /test/docs/administration.md | sed "1i [Service]\nLoadCredential=" >/etc/systemd/system/syncd-web.service.d/sealed.conf
	systemctl daemon-reload && systemctl restart syncd-web && within 10 served'
# another_key N: as block N makes one, in the words of the page between the blocks.
another_key() {
	follow administration.md without_sudo "$1" "$1"
	sed -i '/^ledger_key = /a ledger_key_former = { credential = "ledger-key-former" }' "$folder/config.toml"
	follow administration.md without_sudo 12 12
	sed -i '/^ledger_key_former = /d' "$folder/config.toml"
	rm "$folder/credentials/ledger-key-former"
	check 'the ledger opens with the new key alone' 'systemctl restart syncd syncd-web && syncd-admin check && within 10 served'
}
systemctl stop syncd syncd-web
another_key 13
rm -r /etc/systemd/system/syncd{,-web}.service.d
for file in "$folder"/credentials/*; do systemd-creds decrypt --name="syncd_${file##*/}" "$file" "$file.plain" 2>/dev/null && mv "$file.plain" "$file"; done
systemctl daemon-reload
another_key 11

what 'the package comes and goes'
kept() { [ "$(sha256sum "$folder/config.toml")" = "$configuration" ] && [ -s "$folder/credentials/ledger-key" ]; }
configuration=$(sha256sum "$folder/config.toml")
check 'remove stops what runs, and keeps what is the administrator'"'"'s' '
	systemctl enable syncd && apt-get -y remove syncd </dev/null && kept && for unit in syncd syncd@essai syncd-web syncd-web@essai; do is ActiveState inactive "$unit.service"; done'
check 'install after remove starts what was enabled' '
	apt-get -y install /root/syncd_NEWER.deb </dev/null && within 10 is ActiveState active && within 10 is ActiveState active syncd@essai.service && within 10 served && within 10 essai_served && kept'
systemctl disable --now syncd@essai 2>/dev/null
check 'and nothing that was not' '
	apt-get -y remove syncd </dev/null && apt-get -y install /root/syncd_NEWER.deb </dev/null && within 10 is ActiveState active && is ActiveState inactive syncd@essai.service'
follow administration.md without_sudo 5 5
check 'nothing of the second instance is left' '[ ! -e "$folder/essai" ] && [ ! -e /run/syncd-web-essai ] && not sql essai <<<"SELECT 1" && is ActiveState active'
# old is a package as they were, with the configuration as a file of dpkg's.
old() {
	dpkg-deb --raw-extract /test/older.deb /tmp/old
	install -m 644 /test/config.toml /tmp/old/etc/syncd/config.toml
	echo /etc/syncd/config.toml >/tmp/old/DEBIAN/conffiles
	sed -i 's/^Version: .*/Version: 0.0-1/' /tmp/old/DEBIAN/control
	rm /tmp/old/DEBIAN/preinst
	printf '#!/bin/sh\nsystemctl --system daemon-reload || true\n' | tee /tmp/old/DEBIAN/postrm >/tmp/old/DEBIAN/prerm
	dpkg-deb -Znone --build /tmp/old /tmp/old.deb
}
check 'a package with the configuration as a file of dpkg'"'"'s is made' 'old'
before_purge() { dpkg --force-confold --force-downgrade --install /tmp/old.deb </dev/null && [ -n "$(dpkg-query -W -f '${Conffiles}' syncd)" ] && kept; }
check 'an upgrade from it asks nothing, and keeps the configuration' 'before_purge && dpkg --install /test/newer.deb </dev/null && kept'
check 'so does a purge' 'dpkg --purge syncd && kept'
check 'so does a purge after a removal' 'before_purge && dpkg --install /test/newer.deb </dev/null && dpkg --remove syncd && kept && dpkg --purge syncd && kept'
check 'nothing else of the package is left' '
	[ -z "$(find /usr /lib/systemd /etc/systemd -name "*syncd*" | tee /dev/stderr)" ] && [ "$(ls -A "$folder" | xargs)" = "config.toml credentials proxy" ]'
runuser -u postgres -- dropdb later
follow administration.md without_sudo 14
check 'and the ledger only when it is told to' '
	[ ! -e "$folder" ] && [ -z "$(sql <<<"SELECT to_regclass('"'"'syncd.run'"'"')")" ] && [ -z "$(sql <<<"SELECT rolname FROM pg_roles WHERE rolname LIKE '"'"'syncd%'"'"'")" ]'

what 'docs/fr/installation.md and docs/fr/page.md, as root types them, where there is no sudo'
mv /usr/bin/sudo /usr/bin/sudo.away
export LANG=fr_FR.UTF-8
rm /root/syncd_NEWER.deb
answers=$(answers_of paie)
follow fr/installation.md without_sudo 1 1
check 'the package says what comes next, in French' 'grep -q "docs/fr/installation.md" "$last"'
follow fr/installation.md without_sudo 2 8
check 'and what is to be typed is told without it' 'says "syncd-admin runs" 2 syncd-admin show 999999 && not grep -q sudo <<<"$(syncd-admin show 999999 2>&1; syncd-admin check; syncd-admin runs)"'
follow fr/page.md without_sudo
check 'the page is served' 'within 10 served'
mv /usr/bin/sudo.away /usr/bin/sudo

end 'the documents'
