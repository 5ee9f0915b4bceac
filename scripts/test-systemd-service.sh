#!/usr/bin/env bash
# The tests of the service, inside the container that scripts/test-systemd.sh boots.
# shellcheck disable=SC2016,SC2034,SC2181,SC2317 # texts and functions for check
# shellcheck source=scripts/test-systemd-lib.sh
. /test/lib.sh

readonly folder=/etc/syncd rehearsal=/root/rehearsal health=127.0.0.1:9464

answer() { printf 'GET %s HTTP/1.0\r\n%s\r\n' "$1" "${2:+$2$'\r\n'}" | { exec 3<>"/dev/tcp/${health%:*}/${health#*:}" && cat >&3 && cat <&3; }; }
ready() { grep -q '^HTTP/1.[01] 200 ' <<<"$(answer /readyz 2>/dev/null)"; }

# What the service may write to, of all that it sees.
writable_places() {
	nsenter --target "$(pid)" --mount setpriv --reuid "$(uid)" --regid "$(uid)" --clear-groups \
		find / -path /proc -prune -o \( -type f -o -type d \) -writable -print -prune 2>/dev/null | sort | xargs
}

# The newest run: its state, and how many of its documents are accepted.
state() { sql <<<'SELECT state FROM syncd.run ORDER BY id DESC LIMIT 1'; }
accepted() { sql <<<"SELECT count(*) FROM syncd.item WHERE run_id = (SELECT max(id) FROM syncd.run) AND state = 'accepted'"; }
run_is() { [ "$(state)" = "$1" ]; }
repeats() { syncd sandbox received --config "$rehearsal/config.toml" --dossier sainte-anne | awk 'NR > 1 { n += $4 } END { print n + 0 }'; }
some_accepted() { [ "$(accepted)" -ge 10 ]; }
# begin_run PERIOD: a run of 120 employees at 0.4 s a call: about 6 s.
begin_run() {
	syncd-admin run --detach paie --dossier sainte-anne --period "$1"
	within 20 some_accepted || { syncd-admin show && false; }
}

sandbox() {
	systemd-run --quiet --unit=sandbox syncd sandbox --config "$rehearsal/config.toml" --fault latency=400ms
	within 10 eval 'exec 3<>/dev/tcp/127.0.0.1/8089' 2>/dev/null
}

configure() {
	syncd sandbox init "$rehearsal" --database postgres:///paie
	local secret name
	for secret in "$rehearsal"/*.secret; do
		name=${secret##*/}
		install -m 600 "$secret" "$folder/credentials/${name%.secret}"
	done
	# The staff of these tests has no payroll elements, which a guard would hold.
	sed -E -e 's/^language = .*/language = "en"/' -e 's/\{ file = "([^"]+)\.secret" \}/{ credential = "\1" }/' -e 's/^# (require_elements = )true/\1false/' \
		"$rehearsal/config.toml" >"$folder/config.toml"
}

database() {
	sql postgres <<<'CREATE DATABASE paie'
	sql </usr/share/syncd/staging.sql
	sql </usr/share/syncd/roles.sql
	syncd sandbox sample saint-martin=8 sainte-anne=120 --elements 0 | sql
	syncd-admin migrate
}

# admin_unit is that of the command of syncd-admin that runs.
admin_unit() { systemctl list-units --plain --no-legend --state=running 'syncd-admin-*' | awk 'NR == 1 { print $1 }'; }
admin_runs() { [ -n "$(admin_unit)" ]; }
# surroundings UNIT: what the settings of the service have become there, but those that make the daemon. One question, as the unit
# may be that of a command that is about to end.
surroundings() {
	local names
	names=$(sed -nE '/^\[Service\]/,/^\[Install\]/s/^([A-Za-z]+)=.*/\1/p' /lib/systemd/system/syncd.service | sort -u |
		grep -vxE 'Type|NotifyAccess|Environment|Exec.*|Watchdog.*|Timeout.*|Restart.*|RuntimeDirectory' | paste -sd,)
	systemctl show --property "$names" "$1"
}
hostile_names() {
	local name
	for name in 'x#;1e touch /tmp/owned #' '../syncd' -x a/b '' . .. $'a\nb' 'a b' '$(touch /tmp/owned)' 'a%i'; do code 2 syncd-admin -i "$name" check; done
	[ ! -e /tmp/owned ]
}
literal='it$HOME ${PATH} $$ %n %i `id` ; "q" '"'s' \\ é"
reason_of() { sql <<<"SELECT reason FROM syncd.audit WHERE period = '$1' AND decision = 'close'"; }
# renew changes everyone in staging, so that there is a whole month to send.
renew() { sql <<<"UPDATE staging.employee SET ville = 'VILLE $SECONDS' WHERE dossier = 'sainte-anne'"; }
newest() { sql <<<'SELECT coalesce(max(id), 0) FROM syncd.run'; }
sends_after() { [ "$(newest)" -gt "$1" ] && some_accepted; }
# interrupted COMMAND: a run that writes to a file is interrupted as COMMAND says, stops in order, and leaves nothing behind.
interrupted() {
	renew
	before=$(newest)
	code 4 "$@" || { cat /tmp/report && return 1; }
	[ "$(sql <<<"SELECT state, failure_code FROM syncd.run WHERE id > $before")" = 'failed|stopped' ] && within 5 not admin_runs
}
readonly month='run paie --dossier sainte-anne --period 2026-01'
ctrl_c() {
	{ within 20 sends_after "$before" && printf '\003'; } |
		script -qec "trap : INT; syncd-admin $month >/tmp/report 2>/tmp/messages; exit \$?" /dev/null
}
by_kill() {
	local command
	# shellcheck disable=SC2086 # its words
	syncd-admin $month >/tmp/report 2>/tmp/messages &
	command=$!
	within 20 sends_after "$before"
	kill "-$1" "$command"
	wait "$command"
}
# beside_a_run FUNCTION: while a command of syncd-admin runs on a terminal of 77 columns.
beside_a_run() {
	renew
	script -qec "stty cols 77; syncd-admin $month" /tmp/typescript </dev/null >/dev/null &
	within 10 admin_runs
	"$@"
	systemctl kill --signal=TERM "$(admin_unit)"
	wait
}
same_sandbox() { surroundings "$(admin_unit)" >/tmp/of-command && diff <(surroundings syncd.service) /tmp/of-command && [ "$(wc -l </tmp/of-command)" -ge 35 ]; }
terminal_of() { stty size <"/proc/$(systemctl show --value --property MainPID "$(admin_unit)")/fd/1"; }
# grep reads to the end: script would die of a closed pipe.
coloured() { script -qec "$1 syncd-admin runs" /dev/null </dev/null | grep -c "$(printf '\033')\[" >/dev/null; }
without() { # FILE COMMAND …: it is away meanwhile
	local file=$1 got=0
	shift
	mv "$file" "$file.away"
	"$@" || got=$?
	mv "$file.away" "$file"
	return "$got"
}
# as docs/administration.md tells it
another_key() {
	(cd "$folder/credentials" && umask 077 && mv ledger-key ledger-key-former && head -c 32 /dev/urandom | base64 >ledger-key)
	sed -i 's/^# \(ledger_key_former = \)/\1/' "$folder/config.toml"
	says 'it is not changed yet' 3 syncd-admin check
	echo 'an administrator has left' | syncd-admin rekey --reason -
	says 'ledger_key_former still names it' 0 syncd-admin check
	sed -i 's/^ledger_key_former = /# &/' "$folder/config.toml"
	rm "$folder/credentials/ledger-key-former"
	syncd-admin check
}
# a credential that was encrypted under another name, or for another machine
foreign_credential() {
	cp -a "$folder/credentials" /tmp/plain
	for file in "$folder"/credentials/*; do
		systemd-creds encrypt --name="syncd_${file##*/}" "$file" "$file.new" && mv "$file.new" "$file"
	done
	mkdir -p /run/systemd/system/syncd.service.d
	printf '[Service]\nLoadCredential=\nLoadCredentialEncrypted=syncd:/etc/syncd/credentials\n' >/run/systemd/system/syncd.service.d/sealed.conf
	systemctl daemon-reload
	local good=0 said=0
	syncd-admin check || good=$?
	systemd-creds encrypt --name=other /tmp/plain/ledger-key "$folder/credentials/ledger-key"
	says '/etc/syncd/credentials/ledger-key cannot be decrypted' 3 syncd-admin check || said=$?
	rm -r /run/systemd/system/syncd.service.d "$folder/credentials"
	cp -a /tmp/plain "$folder/credentials"
	systemctl daemon-reload
	[ "$good$said" = 00 ]
}
# completed WORD …: what TAB offers after these words, to a user who is not root.
completed() {
	su -s /bin/bash -c 'source /usr/share/bash-completion/bash_completion
		_completion_loader "$1"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=$((${#COMP_LINE}))
		compopt() { :; }
		$(complete -p "$1" | sed -E "s/.* -F ([^ ]+) .*/\1/") "$1" "${!#}" ""
		printf "%s\n" "${COMPREPLY[@]}"' -- marie bash "$@"
}
what 'the package'
check 'the machine is there' 'machine' || end 'the service'
check 'it installs' 'dpkg --install /test/older.deb' || end 'the service'
check 'the service is neither enabled nor started' 'not systemctl is-enabled syncd && is ActiveState inactive'
check 'nothing is configured, and nothing secret made' '[ -z "$(find /etc/syncd -type f)" ]'
check 'systemd-analyze verify prints nothing' '[ -z "$(systemd-analyze verify syncd.service syncd@essai.service syncd-web.service syncd-web@essai.service syncd-sandbox.service syncd-failure@syncd.service.service 2>&1 | tee /dev/stderr)" ]'
check 'the manual pages are there' 'man --where syncd && man --where 8 syncd-admin && man --where 5 syncd.toml'

what 'configuration, credentials, database over the socket by the rule peer'
check 'without its configuration it does not start, and does not try again' '
	not systemctl start syncd && is ActiveState failed && is NRestarts 0 && is ExecMainStatus 3'
check 'a rehearsal is configured' 'configure' || end 'the service'
check 'database, roles, and the ledger through syncd-admin' 'database' || end 'the service'
check 'the sandbox answers' 'sandbox'
check 'the nomenclatures are fetched' 'syncd-admin run dictionnaire'
check 'syncd-admin check finds nothing to mend' 'syncd-admin check'
check 'a decision bears the name of who asked, and of the user of the service' '
	syncd-admin period close 2025-01 --force --dossier sainte-anne --reason trial &&
	[ "$(sql <<<"SELECT actor FROM syncd.audit WHERE decision = '\''close'\''" | tee /dev/stderr)" = "root (as syncd)" ]'
check 'the exit code of the command comes through' 'code=0; syncd-admin show 999999 || code=$?; [ "$code" = 2 ]'

what 'syncd-admin'
check 'an instance is a name, and nothing of it is code' 'hostile_names'
check 'an instance that is none is said to be none' 'says "there is no instance \"nowhere\"" 3 syncd-admin -i nowhere check'
check 'arguments reach the command byte for byte' '
	syncd-admin period close 2025-02 --force --dossier sainte-anne --reason "$literal" && [ "$(reason_of 2025-02 | tee /dev/stderr)" = "$literal" ]'
check 'standard input reaches it' '
	echo "said on the phone" | syncd-admin period close 2025-03 --force --dossier sainte-anne --reason - && [ "$(reason_of 2025-03)" = "said on the phone" ]'
check 'the ledger key is changed' 'another_key'
check 'another configuration is refused' '
	says "and no other" 2 syncd-admin check --config /etc/shadow && says "and no other" 2 syncd-admin --config=/etc/shadow check && SYNCD_CONFIG=/etc/shadow syncd-admin check'
check 'missing credentials are named' 'without "$folder/credentials" says "/etc/syncd/credentials: no such file" 3 syncd-admin check'
check 'credentials that cannot be decrypted are named' 'foreign_credential'
check 'it has the whole sandbox of the service' 'beside_a_run same_sandbox'
check 'it knows the width of the terminal' '[ "$(beside_a_run terminal_of | tee /dev/stderr | cut -d" " -f2)" = 77 ]'
check 'it is coloured on a terminal, unless NO_COLOR says no' 'coloured "" && not coloured "NO_COLOR=1"'
check 'Ctrl-C reaches a run whose output is a file' 'interrupted ctrl_c'
check 'so do SIGINT, SIGTERM, and a terminal that is closed' 'interrupted by_kill INT && interrupted by_kill TERM && interrupted by_kill HUP'
renew
check 'no unit of a command is left' '[ -z "$(systemctl list-units --all --no-legend "syncd-admin-*" | tee /dev/stderr)" ]'
echo 'marie ALL = (root) NOPASSWD: /usr/sbin/syncd-admin' >/etc/sudoers.d/syncd
check 'through sudo a decision bears the name of who typed it' '
	as_marie "sudo syncd-admin period close 2025-04 --force --dossier sainte-anne --reason trial" &&
	[ "$(sql <<<"SELECT actor FROM syncd.audit WHERE period = '\''2025-04'\''" | tee /dev/stderr)" = "marie (as syncd)" ]'
check 'and nobody becomes root' 'not as_marie "sudo -n syncd-admin -i '\''x#;1e id > /tmp/owned #'\'' check" && not as_marie "sudo -n id" && [ ! -e /tmp/owned ]'
check 'the Tab key completes jobs, flags and instances' '
	grep -qx paie <<<"$(completed syncd-admin plan "")" && grep -qx paie <<<"$(completed sudo syncd-admin plan "")" && grep -q saint-martin <<<"$(completed sudo syncd-admin plan paie --dossier "")"'
check 'and for root the numbers of runs' 'grep -q "^1[[:space:]]" <<<"$(syncd-admin __complete show "" 2>/dev/null)"'

what 'start'
check 'it starts' 'systemctl enable --now syncd'
check 'it is active' 'is ActiveState active' || end 'the service'
check 'its status says what it does' 'within 10 status_says idle'
check 'it is ready' 'within 10 ready'
check 'it answers no web page' '
	grep -q "^HTTP/1.[01] 421 " <<<"$(answer /metrics "Host: rebound.example")" && grep -q "^HTTP/1.[01] 403 " <<<"$(answer /metrics "Origin: null")"'
main=$(pid)
check 'it runs as a user of its own, not root' '[ "$(getent passwd "$(uid)" | cut -d: -f1)" = syncd ]'
check 'core dumps are off' 'grep -q "Max core file size  *0  *0 " "/proc/$main/limits"'
check 'no secret is in its environment or command line' '
	grep -q SYNCD_CONFIG "/proc/$main/environ"
	for secret in /etc/syncd/credentials/*; do not grep -qF -f "$secret" "/proc/$main/environ" "/proc/$main/cmdline"; done'
check 'its credentials are closed to other users' 'not setpriv --reuid nobody --clear-groups ls /run/credentials/syncd.service'
check 'it can write nowhere but to private places in memory' '[ "$(writable_places | tee /dev/stderr)" = "/dev/mqueue /run/syncd /tmp /var/lib/private/syncd /var/tmp" ]'

what 'a run, and kill -9 in the middle'
check 'a run handed to the daemon begins' 'begin_run 2026-01'
before=$(pid)
send KILL
check 'systemd starts it again' 'within 30 active_anew "$before"'
check 'the run goes on and succeeds' 'within 60 run_is succeeded'
check 'nothing recorded as accepted was sent again' '[ "$(repeats)" -le 16 ]'

what 'the watchdog'
mkdir -p /run/systemd/system/syncd.service.d
printf '[Service]\nWatchdogSec=8\nTimeoutAbortSec=2\n' >/run/systemd/system/syncd.service.d/quick.conf
systemctl daemon-reload
systemctl restart syncd
check 'a healthy service is fed for two intervals' 'before=$(pid); sleep 18; [ "$(pid)" = "$before" ]'
before=$(pid)
send STOP
check 'a frozen one is killed and started again' 'within 30 active_anew "$before"'
check 'the journal names the watchdog' 'journal_says "Watchdog timeout" --unit syncd'
rm -r /run/systemd/system/syncd.service.d
systemctl daemon-reload

what 'reload'
before=$(pid)
sed -i 's/^label = "OGEC Sainte-Anne"/label = "OGEC Sainte-Anne et fils"/' "$folder/config.toml"
check 'a good configuration is taken over' 'systemctl reload syncd && within 5 status_says idle && [ "$(pid)" = "$before" ]'
cp "$folder/config.toml" /tmp/good.toml
echo 'no toml' >>"$folder/config.toml"
check 'of a broken one the status tells' 'systemctl reload syncd; within 5 status_says refused'
check 'the former one is kept, and works' 'is ActiveState active && [ "$(pid)" = "$before" ] && ready'
check 'the journal tells, too, as an error' 'journal_says config.toml --unit syncd --priority err'
cp /tmp/good.toml "$folder/config.toml"
check 'corrected, it is taken over' 'systemctl reload syncd && within 5 not status_says refused'

what 'the database away'
systemctl stop 'postgresql@*'
check 'it is not ready' 'within 30 not ready'
check 'it stays up and says why' 'is ActiveState active && status_says "not ready"'
systemctl start "postgresql@$(ls /usr/lib/postgresql)-main"
check 'it is ready again by itself' 'within 30 ready'

what 'stop'
check 'a run begins' 'begin_run 2026-02'
begin=$SECONDS
check 'it stops' 'systemctl stop syncd'
check 'well within the grace' '[ $((SECONDS - begin)) -le 30 ]'
check 'as a success' 'is Result success && is ActiveState inactive'
check 'the run waits for the next one' 'run_is queued'
check 'which finishes it' 'systemctl start syncd && within 60 run_is succeeded'

what 'a second instance, and failures that are reported'
install -d -m 755 "$folder/essai"
install -d -m 700 "$folder/essai/credentials"
cp "$folder"/credentials/* "$folder/essai/credentials/"
check 'syncd@essai without configuration fails' 'not systemctl start syncd@essai'
mkdir -p /etc/systemd/system/syncd@essai.service.d
printf '[Unit]\nOnFailure=syncd-failure@%%n.service\n' >/etc/systemd/system/syncd@essai.service.d/failure.conf
systemctl daemon-reload
printf '#!/bin/sh\ncat >/run/mail\n' >/usr/sbin/sendmail
chmod +x /usr/sbin/sendmail
check 'the journal reports it with OnFailure' 'not systemctl start syncd@essai; within 10 journal_says "syncd@essai.service failed" --priority crit'
check 'and mail to root does' 'within 10 grep -q "syncd@essai.service - " /run/mail && grep -q "^Subject: syncd@essai.service failed on " /run/mail' # its end is written last
rm /usr/sbin/sendmail
sed '/^\[daemon\]/a listen = "127.0.0.1:9465"' "$folder/config.toml" >"$folder/essai/config.toml"
check 'it runs beside the first one' 'systemctl start syncd@essai && is ActiveState active syncd@essai.service && is ActiveState active'
check 'syncd-admin -i speaks for it' 'syncd-admin -i essai check'
check 'it stops alone' 'systemctl stop syncd@essai && is ActiveState active'

what 'upgrade'
before=$(pid)
configuration=$(sha256sum "$folder/config.toml")
check 'a newer package installs' 'dpkg --install /test/newer.deb </dev/null'
check 'the service was restarted with it' 'within 10 active_anew "$before" && ready'
check 'the configuration is kept' '[ "$(sha256sum "$folder/config.toml")" = "$configuration" ]'
check 'the versions differ' '[ "$(dpkg-query -W -f "\${Version}" syncd)" = "$(dpkg-deb -f /test/newer.deb Version)" ]'

what 'removal'
runs=$(sql <<<'SELECT count(*) FROM syncd.run')
check 'the package is removed' 'dpkg --remove syncd'
check 'its service is stopped' 'is ActiveState inactive'
check 'the configuration is kept' 'test -f "$folder/config.toml"'
check 'the package is purged' 'dpkg --purge syncd'
check 'nothing of it is left' 'not ls /usr/bin/syncd /lib/systemd/system/syncd.service && [ "$(sha256sum "$folder/config.toml")" = "$configuration" ] && [ -z "$(find /etc/systemd /var/lib/private -name "syncd.service")" ]'
check 'the secrets are left to the administrator' 'test -f "$folder/credentials/ledger-key"'
check 'the ledger is whole' '[ "$(sql <<<"SELECT count(*) FROM syncd.run")" = "$runs" ] && [ "$runs" -ge 3 ]'

end 'the service'
