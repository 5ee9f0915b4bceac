// Package contract knows which of the API's contracts is in force: its Keeper (keeper.go) asks the API for its Swagger or
// OpenAPI document (ask.go), keeps what it shows, and compares it with the one that was accepted (standing.go).
//
// openapi reads such a document, check holds the call, a mapping and documents against it, diff tells two apart, and advise
// drafts a mapping from one.
//
// A partner's field names need not be public, and an ASP.NET API drops members that it does not know without a word. So its
// own description is asked for, and everything is held against it (internal/contract and its rooms).
//
// # Where it is found
//
// contract = "auto" tries the places at which Swashbuckle puts it below and beside the /V2 base, then those of newer
// stacks (/openapi/v1.json, /v3/api-docs, /swagger.json, …; httpcall/places.go), always in the same order: without a
// token, with one where that is asked for, and all with one when nothing was found. A place that fails ends the search,
// so that no older version further down is taken for the contract. One that does not begin to answer within 3 s is
// passed over with the others of its program, and asked once more when nothing was found elsewhere; the fourth ends the
// search. A URL or a file otherwise. It is asked for before a run or a pull when no process has asked for an hour (for
// five minutes when nothing was found; a file, or another source than before, is read at each run), and by contract
// fetch; check asks and records nothing, plan asks nobody. What was found is kept by digest (SHA-256 of the canonical
// JSON: white space and the order of members do not count) in contract, for an API as a whole: it holds nothing of a
// dossier. When the API shows none, the newest known one stays in force; when none was ever found documents go
// unchecked, and check, contract fetch and each run (unchecked) say so. Only where the configuration names a URL or a
// file does a push refuse to go without any (configuration; unreachable where its server is only away: then each
// process asks again).
//
// # How it is read
//
// JSON or YAML, anchors and merges included, as UTF-8 or UTF-16, packed with gzip or not, whatever its Content-Type
// says. A contract comes from outside: at most 10 MiB, unpacked as well, bounded depth and number of values, no
// reference to another host or file is followed, patterns run in linear time (RE2; what RE2 cannot compile is noted and
// not checked). Only calls, parameters and the JSON that they take are read; mistakes elsewhere do no harm. A reference
// that leads nowhere, or out of the document, breaks the calls that reach it (Operation.Broken, a note of contract
// show); the contract as a whole is refused where the configured call is among them, or no call is left. allOf is
// merged, circles are allowed. Numbers stay decimals: limits beyond 2⁵³ are exact.
//
// # What it does not decide
//
// The verb and the dossier key's place: a file of somebody else's sends no documents and no key anywhere. Calls go by
// the configuration alone. Where the contract under which is sent says otherwise than a default that nobody wrote, a
// run or a pull stops before its first call (configuration), and check, which fails, contract fetch and the run's end
// print the line to write. What is written wins; check tells contradictions. Where the configured call is not in the
// contract, there is nothing to check documents against.
//
// Where none of several alternatives takes a value, the one that was meant is told (check/document_choose.go): by the
// discriminator, by a member of which each lists values of its own, else the one with the least against it. What is
// demanded and not checked (not, if, …) is named by check.
//
// # What is checked
//
// check compares the mapping (CheckMapping): paths, types of the columns, lengths, formats, constants, codes. A plan
// checks each document that would be sent; one that does not fit is ! blocked, with JSON pointers for paths and without
// sensitive values, and the rest goes. null is taken where the contract says so, and, in Swagger 2.0, for members that
// are not required. Dates are taken as ASP.NET takes them: without an offset, or as a day alone. Documents that are
// unchanged are not sent, so they are not checked, except under another contract than that of the target's last run of
// everyone (run.contract): then once, and a notice tells whose next change would be refused.
//
//   - contract: holds a run that would send: what changed since the accepted contract breaks, and nobody accepted it;
//     of a pull, and where nothing is to be sent, a notice
//   - no-json: holds a run that would send: by the contract the call takes a form, XML or nothing, and documents are
//     JSON
//   - unknown-member: holds a run that would send: the mapping has members that the contract does not have
//   - contract-added: a notice: what changed since the target's last run breaks nothing
//   - unchecked: a notice: no contract is known, or it does not have the call: documents go as they are
//   - contract-stale: a notice: unchanged documents that do not fit the new contract
//   - impact, impact-unknown: notices of a pull: whom codes would block at the next run of a job
//
// # When it changes
//
// Two contracts are compared from the side of who sends (Compare). What takes less breaks: a member removed, newly
// required, read only, of a narrower type, format, list of values or limit; another verb, path, required parameter or
// place of the key. Nothing that breaks is sent under before contract accept [DIGEST] --reason. One statement moves
// api.accepted_digest, if it is what was read and the contract is still the one in force, and leaves a line in the
// audit; then the held runs that were planned under that contract and wait for nothing else are approved, each as
// approve does. Who dies in between leaves them held, for approve, which does not lead around an acceptance. What
// breaks nothing is accepted by the first run or fetch that sees it, if it finds the call in both contracts. A plan
// that was made under another contract than the one in force, or under none, is not pushed when something broke since,
// or waits: its run ends held (contract), can not be approved, and is planned afresh. The form that a changed
// configuration brings is a decision of its own (form). An API that goes back to the accepted contract needs no
// decision.
//
// # Answers
//
// The answer section of documents decides about a 2xx, whichever: it tells a refusal inside, or that words which are no JSON accept.
// A refusal counts as rejected, unless an earlier attempt leaves doubt; an answer that the rules cannot understand is never
// a success: the run stops, and the item is in doubt. check compares the rules, or their absence, with what the
// contract says of answers. That part of a contract is read by a reader of its own: mistakes there refuse no contract,
// and no run depends on it. As .NET does not know its answers by itself, only what looks like a mistyped name is an
// error.
package contract
