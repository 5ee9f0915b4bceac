// Package daemon executes jobs when they are due, for years, beside any number of others on the same ledger.
//
// Read Run first: one loop that, at each turn, makes runs of the fires that are due, claims runs for which there is
// room, and tells systemd and monitoring how it is. Postgres is the coordinator; whatever this process forgets when it
// dies another one reads there.
//
// One loop (internal/daemon/daemon.go). At each turn it deals with the fires that are due, claims runs for which there
// is room (max_runs), and tells systemd and monitoring how it is. It turns when something is due, when Postgres
// notifies (NOTIFY syncd, by a trigger on run and pause), and at least every 5 s; every 0.8 s while other processes
// execute runs that may have to be taken over. A turn whose statements fail leaves the daemon up and not ready, and is
// tried again after 1 to 15 s. The watchdog is fed by the loop alone.
//
// # Fires
//
// Each job and target has a row in schedule: fires up to dealt_with are dealt with. A turn decides about those between
// it and now, and records them with the runs they make in one transaction, which first locks that row: whichever daemon
// is first wins, the others find the row moved. A fire is also a primary key: it happens once, whatever clocks do.
//
//   - less than a minute late: a run, trigger = schedule
//   - later, within missed_window: by missed: none, the latest of each period, or all; trigger = catch-up
//   - a run of everyone, of the same job, target and period, is queued and has not read staging yet: skipped: what that
//     run will read is no older
//   - a run like that is executed, or was planned earlier: a run all the same, queued behind it: staging may have
//     changed since
//   - the period is closed: skipped, reason closed
//   - the job is paused: nothing is dealt with; at unpause it is as if nobody had been there
//   - first start of a job for a target: nothing before it is owed
//   - the schedule changed: what the former one owed is dealt with when the new one is loaded, which begins then
//   - another daemon has loaded another schedule since: left to that one, and reported
//   - dealt_with is in the future: a clock is or was wrong: reported; set back to now
//   - this machine's clock is a minute ahead of Postgres's: no fire makes a run, and the daemon is not ready; what is
//     queued is executed
//
// With latest and skip no month within the window is passed by, however many fires it had; of those that make no run at
// most 100 are recorded one by one, the others as a number in the log. With all the oldest 100 are dealt with at each
// turn. How late a fire is counts from the first turn that saw it, so that the last of hundreds of dossiers is not
// late. What cannot be recorded or armed for one dossier, because somebody holds its row, is tried again at later
// turns, and stops no other.
//
// The period of a run comes from the nominal time, in the zone of the schedule that fired. A wall-clock time inside the
// spring gap fires at its end, one that is repeated in autumn fires once.
//
// # Queue
//
// Claimable is a queued run whose time has come, and a running one whose owner is gone or that runs in our own name
// while we do not execute it (its end could not be recorded). Interrupted runs go first, those that wait for something
// that was away last, and these never take the last free place: what hangs keeps nobody from their turn. An older
// period of the target that is unfinished makes a newer run wait, unless it has its plan already, and says so; what is
// only in doubt or held for single employees there, was tried in vain, or was cancelled, stops a person who names no
// period, but no schedule: nobody would be paid, month after month. With scope = "employee" a run of a period older
// than the latest sent is cancelled.
//
// # Waiting
//
// A run that nobody watches ends queued instead of failed when the API or staging is away, the API is slower than
// request_timeout (slow), staging does not let us in or is not ready: pauses of 30 s to 10 min, until deadline (6 h)
// after the first trouble, then failed. What a Retry-After asks for is the earliest next try (Run.NotBefore), at the
// deadline at the latest. While the API answers others, somebody without a definite answer is tried in at most 5 such
// rounds and 12 requests. resume_failed (hourly) queues what was left to a daemon and failed or left somebody out, for
// resume_within (24 h) from the time it was due: not what a person started in place or stopped, nor what staging or
// another dossier's key stopped, and what a configuration stopped only when it was read anew. A run whose executing
// process died five times is failed (crashes): it may be what kills them.
//
// # Cancelling
//
// is a request on the run, which the owner's heartbeat brings back: the run takes nothing new, what is on its way is
// awaited, the rest is superseded. Who is in doubt stays so. A run whose owner is gone is cancelled by whoever comes.
//
// # Ending
//
// SIGTERM closes every run's stop channel; a run that is not over goes back to the queue; after grace the rest is
// aborted and in doubt. SIGHUP reads everything anew, and keeps what there is when that is wrong; runs that are
// executed keep the configuration they began with. Systemd's credentials are copies made at start: a new secret there
// takes a restart. Open runs of a job or dossier that left the configuration (store.Outside) nobody goes on with: the
// log names each once, check and schedule as long as they are there, with the cancel that gives them up.
//
// # Side by side
//
// A command and a daemon execute many runs at once (max_runs; by default four and half of max_in_flight), under the
// same limits: four make their plans (jobs.Places), as each takes three connections to the ledger and one to staging
// for each query and one more; a fourth of max_in_flight send; the others begin, end, or wait for one of these. What
// all of them have taken stays within twice max_in_flight, as if they were one run, so a crash leaves no more in
// doubt. internal/share divides places and slots of the connection: whoever needs many takes what is free, and leaves
// the first few to each of the others, so a dossier whose calls hang delays none, unless as many hang as may send at
// once. The last runs of a command need leave nothing. Sessions of staging wait two seconds for the next plan, and
// their transaction is rolled back: to open one costs Postgres more than to read a small dossier. A reload keeps the
// connection, with its limits, unless it changes something of the partner's section. A command begins its runs in the
// configuration's order, which is that of its reports.
//
// With limits = "ledger" both limits are for all processes of the ledger (httpcall/limits.go, store/allowance.go):
// those that run, resume, plan with --verify, or are daemons. Each shows itself twice a second, more often while shares
// change, in the table allowance, with how many requests it uses, and learns how many are its fair share and how many
// it has. One that has too many first starts fewer, and then says so; one that has too few takes only what nobody has.
// So together they never exceed the setting, and the rate is divided in the same parts. Who is silent has nothing after
// 15 s, and uses nothing of its own accord after 10 s, also when the machine slept; what it had on the wire may still
// be under way. What nobody uses for 5 s is given back. Where there are more processes than requests, each has its turn
// of 30 s. check and contract stand beside it, with one request at a time.
//
// # Clocks
//
// A daemon also compares the wall clock with the time since the machine booted (CLOCK_BOOTTIME, which goes on while it
// sleeps) at each turn. For an hour after the wall clock leapt ahead by more than a minute nothing is deleted and no
// hold expires. When it leapt by more than a day, or the ledger says so within ten minutes of the daemon's start,
// schedules wait ten minutes before they believe it: a machine whose clock is set by the network after it booted would
// take months for missed, and its fires of these months, recorded as such, never happen again.
package daemon
