// Package plan decides what a run sends. Read Make first: it walks staging and the baseline side by side (merge.go), decides
// about each matricule (decide.go), and hands the items on (draft.go). Guards observe, hold what a person must see, and
// judge the whole (guards.go). It reads what it is given streams of, and writes to its sink alone.
//
// # Decisions about a matricule
//
// One REPEATABLE READ READ ONLY snapshot of staging, exported to one connection per query. The configured queries are
// wrapped and ordered by key::text COLLATE "C"; employees, children and baseline are merged as streams, so memory does
// not grow with the staff. Each matricule is decided by one pure function (internal/jobs/plan/decide.go):
//
//   - elements without an employee row: ! blocked, and their likely owner named: so they are the last items of a plan;
//     a run with --employee reads everyone's to look for them; someone of the baseline is - as well
//   - several employee rows; a key that is empty, NULL, longer than 200 bytes, or has spaces around it or characters
//     that cannot be seen; a document with problems: ! blocked
//   - in doubt for this period: sent again; with semantics = "append" unsettled: not sent, as an older run's document
//     must be settled first, which is named. Where no older run has it open any more, this item is the uncertain one
//   - acknowledged for this period, same fingerprint: = counted only; edited at the other side (drifted, seen by
//     --verify alone): an item, held unless --overwrite
//   - the same, but its document could not be read back (unread): with replace likewise; with append =, and told
//     (unseen): nobody should have to decide whether to pay it again
//   - acknowledged for this period, same fingerprint, by another verb or at another path: sent: what was acknowledged
//     is not there
//   - the same, and the run was asked to resend: sent; with append held
//   - acknowledged for this period, same fingerprint, before the ledger was put back: with replace sent again: what it
//     lost may have been something newer; with append =
//   - acknowledged for this period, other fingerprint: sent; with append held, as the API would add it to the other one
//   - withdrawn for this period by a person: as if nothing were acknowledged: sent when staging has the employee again;
//     while gone, nothing is said
//   - not acknowledged for this period: sent, even when an earlier period holds the same: equal elements of two months
//     are two payments. Only with scope = "employee" and send = "changed" a document without elements that equals the
//     latest one is =
//   - gone from staging, known for this period: - departed: reported, never deleted; the run is incomplete
//   - gone from staging, known for an earlier period only: - left: noted once
//
// The sign of what is sent (+, *, =) comes from comparing master data with this period's acknowledged document, or else
// the latest earlier one, or else, for a month that is sent late, the nearest later one: a new month does not make
// everyone "updated". Items with sealed documents, diffs, counts, findings and a keyed digest of the plan are one
// transaction. syncd plan is the same pass with another sink.
//
// # Guards
//
// The limits, their defaults and the reason of each stand in config.toml, under [job.guard]. Rules are pure functions
// (internal/jobs/plan/judge.go) over figures that are gathered while the rows go by (guards.go, watch.go); all are
// evaluated, whichever tripped first. A finding holds counts, ratios, paths and matricules; no value or amount is stored with it.
// What amounts come to (sums.go) goes beside the plan, sealed, for whoever decides: nothing of sensitive members, for a sum beside
// the month before tells what one person's pay is.
// They cost little: a test in internal/bench compares the time that 100,000 employees take with guards and without. A
// limit passes min(count, max(floor, ⌊share × base⌋)).
//
//   - created, updated: more are new to the target, or differ in master data; compared with: staff known before; only
//     after a first finished run of everyone
//   - departed: more are newly gone from staging; each counts once, until a run that said so has ended; compared with:
//     the same staff
//   - duplicates: more matricules have several rows; compared with: employees read
//   - no-rows, fall: nobody is there; that many fewer are; compared with: the last finished run of everyone
//   - elements, code-total: their number, or one code's total, is further from the usual, up or down; compared with:
//     the month's last finished run, or the median of the last six earlier months sent (code-total: from three on)
//   - no-elements: the job has elements, and nobody has one; compared with: a finished run of this month that had none
//     either passes
//   - gap: the period is further away; compared with: the nearest month ever sent
//   - back: the period is older by more months; compared with: the newest month sent; that this one was sent once says
//     nothing
//   - first: the target is production, and nothing was ever acknowledged there
//   - approval: approval = true
//   - altered-figures: what was remembered of an earlier run does not open: somebody altered the ledger
//   - restored: the ledger was put back since the last finished run was planned; with replace it is a notice once a
//     person has ended the pauses that were made for it. With append each month of which no run of everyone was
//     finished since is held, unless it began a month after that was noticed, or later
//   - form: documents go by another form than what was acknowledged last. Nothing to send: a notice; compared with: the
//     last run to which anything was acknowledged
//   - other-job: another job, with another mapping, sent last; compared with: the same
//   - siret: the configured SIRET is another one than when something was sent to the target: another association's, to
//     which nothing of what is known belongs, or a number that was mistyped. An approval records the new one. What was
//     planned for the old one is not sent any more (form-outdated). It holds even when nothing is to be sent; compared
//     with: the SIRET as configured then, else the one that was answered
//   - sharing: something was sent to this establishment as another target: a renamed dossier, another address; compared
//     with: targets of the same partner, environment and SIRET, but those that an approval named
//
// Rules about what is sent (created, updated, elements, code-total, no-elements, gap, back, first, approval, other-job,
// sharing) are silent when nothing is. A run for some employees is judged by created, updated, gap, back, first,
// approval, form, other-job, siret, sharing and the holds of single employees: departures say nothing there. It is
// judged by what waits for a person: a run of the month that is held as a whole and concerns one of them (held-run: a
// finding that names people concerns nobody else), and holds that only a run of everyone can find, while the document
// is the same. It is judged by the employees' own past, too: elements and code-total over those who would be sent, with
// a floor of max_elements that is as much smaller as they are fewer than the staff, and one element at least. And runs
// for some add up (created, updated, elements, code-total), until a run of everyone has come to its end or a person has
// approved one.
//
//   - hold-field: a member of hold_fields differs from the document it is compared with; an IBAN or a NIR that is only
//     spelled in another way does not
//   - bad-iban, bad-nir: a member with the word iban or nir in its name or its column's, of elements too, holds none:
//     wrong check digits, or length of its country. Not again where the document it is compared with holds the same
//     value. A NIR of 13 digits has no key, a temporary one (7 or 8 in front) none that counts
//   - unique: a value of unique_fields that is new for this employee is also somebody else's: in staging, in the last
//     document of someone who is gone, or in a document that this plan replaces. Compared are normal forms
//     (privacy.AppendNormal): case, white space of any kind and dashes do not count, nor dots and the key of a NIR in
//     an IBAN or NIR
//   - forgotten: the matricule was erased, and something was sent for it this month
//   - removed: what was sent for this month is past its time and no longer kept
//   - altered: what was sent before does not open: somebody altered the ledger
//   - amount: the total of one code's member is more than max_amount × the median of the last six months sent in which
//     it occurred, from three on
//   - elements-astray: elements in staging have no employee, and a matricule that is this one's but for case, spaces,
//     punctuation, leading zeros or width (privacy.KeyForm)
//   - elements-lost: it had elements, in this month's acknowledged document or in most of the last six months sent, and
//     has none, while there are elements without employee whose owner nobody can name
//   - append-change: with append, this month was acknowledged already
//   - drift: the other side edited the document (--verify, or verify = true), unless --overwrite
//   - unread: it could not be read back whether it did: a firewall's 403, a 500 … stop_after in a row, or nobody who is
//     answered, end the run instead
//
// Both hold-field and unique count a member that no name tells, too, when its value is a valid IBAN or NIR (recognise):
// for the rows that cost is a look at the first characters. Amounts are the numbers of elements, and texts and JSON
// where they read like numbers.
//
// Notices, of what would be sent, by member and column and without values: damaged-text (U+FFFD, C1 controls, marks of
// direction or byte order, UTF-8 that was read as something else: Ã©), odd-date (before 1901 or after 2098:
// 9999-12-31), short-postal (four digits). check looks at the first 1000 employees of each dossier and warns of the
// same, and of guards that have nothing to look at. Control characters of ASCII but tabs and ends of lines block the
// employee. Looking costs texts beyond ASCII a second pass, and others nothing.
//
// # No value
//
// A text that shows nothing (plaintext.Blank: empty, white space, characters that cannot be seen) is none: it is
// refused and left out as NULL is, and a member that the contract requires must show something. Where NULL clears, it
// goes as it stands, since an empty text clears as well, and nothing else that staging holds is changed on its way. A
// nomenclature knows no such code.
//
// late (a notice) names people whose elements changed in staging for one of the three newest closed months before this
// one. ready is asked in staging's snapshot before anything is read: a false or NULL answer ends the run as failed
// (not-ready), or lets a daemon's run wait like an absent API, and no approval overrides it.
//
// # An older plan
//
// A frozen plan that is taken up again is compared with staging: a pass like that of a plan, which records nothing. A
// person who resumes, and whatever was approved, released or asked for as a resend, keeps it; the run says for how many
// staging has changed since (stale), or that nobody could tell (stale-unknown: staging is away), and its success no
// longer says that all that staging held was delivered. What a daemon takes up by itself (a retry, a run that waited,
// one that was handed back) and nobody decided about is planned afresh when staging has changed: in place while nobody
// of it has an outcome, else the run ends cancelled (replanned), and another one, queued in the same transaction, takes
// over its fire. While something of it is in doubt the plan is kept, and the notice says so. A run that was taken over
// from a dead process within 15 minutes of its plan goes on at once.
package plan
