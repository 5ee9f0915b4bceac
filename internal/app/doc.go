// Package app holds what the product can be asked for, one use case each, by any door: the command line, the daemon, a page.
// Data go in and come out: nothing is printed, no process is ended, and no sentence is written for people. A door brings who
// asks, and why; the rules that protect stand here, or below.
//
// # Decisions
//
// # Approve
//
// needs the ledger key. It records the plan's digest and the proof of leave to send on a held run and queues it; of a
// run that has gone otherwise it turns held items, all or those named, into pending. What is sent are the sealed bytes
// that were planned, under the same compare-and-set on the baseline's version as always: whoever moved since is
// superseded and shown. Held employees of a held run stay held, each being a decision of its own. What was held for
// longer than hold_expires is given up, by a daemon each hour or by the very call that came too late. A newer plan for
// everyone of the same job and period supersedes what is held, and cancels held runs of which it left nothing
// (replanned).
//
// # Settle
//
// tells the ledger what a person saw. --withdrawn: a departed employee was taken back there; the baseline's row is
// marked and keeps its version, and a run that missed nothing else becomes succeeded. --accepted: an uncertain document
// arrived; it becomes the baseline. --pending: it did not; the doubt goes, and the run sends it again, unless a newer
// plan has a line for that person: then it is left to the next plan. All fail while a request may still be on its way,
// and when the baseline has moved.
//
// Read-back (the read section of documents, assumed as a whole) does the same by itself with append: the document equals the
// one in doubt, so it arrived; it equals the one acknowledged before, so it did not. Both or neither tells nothing, and
// a person decides. "There is no such document" is believed only when another document, one that was acknowledged (the
// witness), can be read and is equal: a wrong path answers 404 for everyone. With replace doubts are sent again
// instead.
//
// Once more (run --failed-of RUN) is a run for those employees whom that run left rejected, blocked, held, uncertain,
// superseded or not attempted: a new plan from staging, with the guards and locks of any run for some employees. Who is
// no longer in staging is told (absent), not an error. A run that was held as a whole and never approved is refused:
// its guard judged everyone.
//
// Again (run --resend --reason) sends who is unchanged, too: when the partner lost a month. It is a run like any other,
// with its guards; with append each of them is held (append-change).
//
// # Another form
//
// A plan is made for one form, which the run keeps (run.form), and each acknowledgement names it (baseline.form_id).
// Another verb or path holds the next run, and what was acknowledged elsewhere counts for nothing: once approved, all
// of the month go. Another place of the key, semantics or scope holds it, too, but where documents are has not changed:
// who is unchanged stays so, unless somebody asks for a resend. A plan that was made for another form is never pushed:
// its run ends held (form-outdated), can not be approved, and is planned afresh. Acknowledgements of a ledger that did
// not know forms count as of the first one.
//
// Close (period close) locks the target, and refuses while a run of the period is queued or running. It also refuses,
// unless forced, while something is missing: nothing was ever sent for the period, or no run of everyone has come to
// its end; a run is held, or failed before it had a plan and was not made up for; what the last plan for everyone, and
// the ones after it, last said of a matricule is neither delivered nor settled; something older is open or in doubt,
// under another name of the dossier, too. A forced closing bears forced and the first of those matricules in the audit.
// From then on a trigger refuses any run of that period that is made, queued or begun, whoever writes it; each step
// asks as well, so that a reopening that ends in the middle of a push lets nothing more leave. Answers to what had left
// are recorded always.
//
// # The audit
//
// Each decision inserts its line in its own transaction: run, resume, approve, cancel, expire, settle, close, reopen,
// pause, unpause, purge, rekey, forget, contract-accept, put-back when the ledger is found to have been put back, and
// configuration when a process sees another configuration than its host used last. The actor is the system user: the
// one who logged in, as the kernel's audit login uid (/proc/self/loginuid) tells, which sudo and su keep, and whom the
// program runs as where that differs: marie (as syncd). Decisions by a rule are syncd's. A trigger refuses UPDATE,
// DELETE and TRUNCATE, and these rights are taken from the table's owner; purge leaves it alone. See remaining risks
// for what that does not prevent.
//
// # Arguments
//
// stand in the list of processes, in sudo's log, and while a command of syncd-admin runs in its unit: so reasons and
// matricules can come from standard input (-). No secret is ever an argument.
//
// HTTP on loopback (health, metrics, the sandbox) answers programs of this machine, not pages that a browser of this
// machine shows: internal/loopback refuses foreign hosts and whatever has an origin. The sandbox, which shows NIR and
// IBAN, also wants a token. - check fails on a ledger that is a standby or read-only, lacks a right on a table, or
// whose clock is a minute away; it names what role and database change for their sessions beyond what syncd sets; and
// it warns when the server logs statement parameters, when the role is a superuser or can write outside its ledger. -
// The program forbids core dumps of itself (RLIMIT_CORE, and PR_SET_DUMPABLE for systems that pipe cores to a program).
package app
