# Makes a PostgreSQL cluster and runs its server for as long as somebody holds the other end of standard input, then
# removes everything. Whatever ends the owner closes that end. A server that ends while there is the file `rest` makes
# `resting`, and is started again once that file is gone.
# usage: sh -c "$(cat supervise.sh)" supervise DIRECTORY BINARIES SUPERUSER SETTING…
# DIRECTORY holds the file `password`. Standard output closes when the server has ended: so the owner learns of one that
# could not start.
# Passwords are real, but hashed by md5: scram costs each connection more than most tests do.
dir=$1 bin=$2 superuser=$3
shift 3
exec 3<&0
serve() {
	exec "$bin/postgres" -D "$dir/data" "$@"
} </dev/null >>"$dir/server.log" 2>&1 3<&-
{
	"$bin/initdb" --pgdata="$dir/data" --username="$superuser" --pwfile="$dir/password" --auth=md5 \
		--encoding=UTF8 --locale=C.UTF-8 --no-sync && serve "$@"
} </dev/null >"$dir/server.log" 2>&1 3<&- &
server=$!
echo "$server" >"$dir/server"
# SIGQUIT is PostgreSQL's immediate shutdown: nothing here is worth a checkpoint. It is ignored until the server listens
# to it, hence the loop.
{
	cat <&3
	touch "$dir/over"
	while kill -QUIT "$(cat "$dir/server")"; do sleep 0.1; done
} >/dev/null 2>&1 &
wait "$server"
while [ -e "$dir/rest" ]; do
	touch "$dir/resting"
	while [ -e "$dir/rest" ] && [ ! -e "$dir/over" ]; do sleep 0.02; done
	[ ! -e "$dir/over" ] || break
	rm "$dir/resting"
	serve "$@" &
	server=$!
	echo "$server" >"$dir/server"
	wait "$server"
done
exec >&-
cat <&3 >/dev/null
rm -rf "$dir"
