// Package push sends what a run has planned: lanes that send, and one loop that records what came of it.
//
// # Stopping
//
// The first signal takes no new items, gives back those taken ahead and starts no further attempt; what is on its way
// is awaited. The second signal cancels, and what was on its way stays in doubt. Whatever is in doubt stays pending
// with replace, and a resume sends it again once request_timeout has passed; with append it is uncertain. stop_after
// answers in a row that say nothing of the data stop the run, see turned away. Items that are given back bear the
// reason for which the run stopped.
//
// # Turned away
//
// An answer of class configuration to a document may be about everyone (a wrong key, a wrong path, maintenance) or
// about this one (a firewall that dislikes an address, a record that is locked). Which it is, is told by what the
// target answered before. The table answered keeps, for each service of a target, by which settings it last answered
// properly: a hash, by the lasting key, of address, calls, client, secret and dossier key (Settings of jobs.API). For
// documents that is recorded by the very step that records an acceptance.
//
//   - no, as with a new key: the first such answer stops the run: failed (configuration), for a person; it goes on if
//     who was on their way beside is accepted
//   - yes: it counts against that employee, who stays pending (turned-away, with the words of who refused), or in doubt
//     as any answer that leaves doubt; the others go
//   - yes, and stop_after different employees in a row: failed (unusual)
//
// In a row is meant by the order of sending, not of answers: refusals are quicker than acceptances, and several lanes
// send. Who is still on their way parts a streak, as an acceptance and a refusal of data do. Temporary and technical
// failures count in the same streaks. A resume takes those first that were never tried (item.attempts), and of those
// who were turned away before nothing new is told when they are again: they do not count. So each execution gets
// further, and a run of which only they are left ends incomplete, also one that stops at several of them for whom the
// API fails while others are delivered. Within minutes nobody who was turned away is tried again, only with
// resume_failed. And they keep no scheduled run of a later month waiting, be it incomplete, or failed as stop_after of
// them are neighbours: only who was never tried does, or a month of which nobody is delivered.
//
// Read-backs are no different: whom one cannot be had of stays in doubt, or is held (unread), and the others are asked;
// several in a row end it.
//
// The same holds for what is asked before (Dossier, Dictionnaire, a token): what a service that answered properly by
// the very same settings refuses now is unusual, such as a maintenance page. A daemon comes back to such runs as to one
// of an absent API (resume_failed, resume_within), while failed, the log and the ping have told a person. Not so a
// client that the authorization server refuses by name (invalid_client, …), another dossier's key, or a key that is
// new.
package push
