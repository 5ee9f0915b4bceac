// Package httpcall calls the APIs of partners: limits, authorisation, retries, and the one place where an answer is given
// its class. What a partner's calls are, and where their keys go, that partner's package says (internal/partner).
//
// A call goes top to bottom through three files: retry.go repeats attempts while that makes sense (Do), call.go makes one
// attempt (slot, rate, token, request) and outcome.go classifies its answer, by the rules of the API (rules.go) where the
// configuration says how a 2xx can refuse. search.go looks for a document that an API publishes.
//
// Nothing that this package returns or logs holds a URL, a header, a token, a secret or a document: errors are worded
// here and never quote those of net/http or x/oauth2, which do.
//
// # Outcomes
//
// Decided once, at the HTTP edge (internal/httpcall), over all attempts of an item. What a status means stands in one
// table, meanings in outcome.go; a body only takes trust away. Of a document:
//
//   - accepted: answers: 200, 201, 204 with JSON or nothing; then: acknowledged
//   - accepted: answers: 202 with JSON or nothing; then: acknowledged, and a notice of the run (taken): whether it was
//     processed, nobody has said
//   - data: answers: 400, 404, 409, 413, 422; then: rejected, with the partner's message, masked
//   - temporary: answers: 425, 429, 503 that says when (Retry-After); then: again with growing pauses (0.5 to 30 s,
//     half of it jitter), or as Retry-After says; for retry_for in all. A Retry-After beyond retry_after_cap ends the
//     call; one beyond a week is none, and counts as the cap
//   - temporary: answers: 408, 460, 499 (a gateway that no longer waits), 502, 503, 504, an answer that broke off;
//     doubt: yes; then: the same
//   - temporary: answers: connection trouble, an answer that nobody asked for; doubt: when something was written; then:
//     the same
//   - technical: answers: other 5xx; doubt: yes; then: the same, technical_tries times
//   - configuration: answers: 401 to a new token, 403, other 4xx, an untrusted certificate, a refused client; then: the
//     run stops, or the employee is turned away
//   - configuration: answers: 101 and other 1xx that end an answer, 3xx, other 2xx, a status that HTTP does not know; a
//     2xx with HTML, with words that are no JSON, that calls itself a problem (RFC 9457), or too large; doubt: yes;
//     then: the same, in doubt; a run that stops says how to write rules for answers
//
// The partner's words go with a refusal of whatever status: those at message, else at the usual places, else the first
// text that seems to be for people, in JSON, XML, a page's title or plain text (words.go); masked by the document that
// was sent, and cut. A run that a refusal stops has them in its detail, where the matricule is masked as well.
//
// With an answer section of documents these rules decide about any 2xx in place of its status, see the contract. An answer that
// comes before the document was handed over whole leaves no doubt: nothing can have processed it.
//
// An attempt with doubt is ambiguous. With "append" it is not repeated. Once an item has an ambiguous attempt, in this
// run or an earlier one, only an acceptance ends it as accepted; otherwise it is uncertain, never rejected. What was
// tried without doubt and without success counts as *not attempted*: it stays pending and is not taken again in this
// execution.
//
// Reading calls (Dossier, Dictionnaire, read-back) take 200, 201 and 204 only; they have no data class: a 400 or 404
// there is a configuration error, and so are a part of an answer (206) and one that somebody altered (203). A list of
// codes that says that there is more, in a header (Link, Content-Range, a total) or in a member beside it, is not whole
// (whole.go): nothing is changed by it. Of a token only 200 and 201 give one.
//
// One token serves all calls. It is renewed a minute before its end, or a tenth of its life if that is less, and once
// after a 401, however many calls saw it. A 401 to a token of less than 3 s is tried again after 1 and 2 s first: on a
// farm of servers not each knows it yet. A failed renewal is remembered and answers everyone until its cool-down ends.
// Where somebody at the partner has a token of their own (Account), its pairs are kept in the ledger: a refresh token works
// once, so one process at a time asks, and nothing is sent whose answer may have got lost (rotating.go).
//
// A call may take an answer as it came (Whole), or while it comes (Into): then it may take as long as its size wants, while
// it goes on. A reading call to a gateway that says 400 and 404 now and then (Flaky) repeats those as technical failures.
//
// Requests are HTTP/1.1 over TLS 1.2 or better, one at a time on a connection; nothing is repeated below the attempts
// above, redirects are not followed, and the time limit of an attempt, a cancellation or the end of the program ends
// whatever is under way, be it a 101 or a body that drips; plain http goes to loopback addresses only; bodies are read
// up to a limit (1 MiB; nomenclatures 16 MiB), before and after they are unpacked: they are asked for as they are
// (Accept-Encoding: identity), and gzip, deflate and another charset than UTF-8 are read all the same. Others, such as
// br, are refused by name. The proxy of HTTPS_PROXY is asked for a tunnel; what it answers itself is its own trouble,
// and never leaves a doubt.
//
// What goes with every call (headers and query of its section) belongs neither to the target nor to the form: a gateway's
// key is rotated, and a version of the API goes up, without that what was acknowledged is there any less; if it were
// part of them, everyone would be sent again, or held. What it means for documents the contract tells. It counts for
// the settings by which an API answered properly, and for the digests of the configuration. It goes to the host of
// base_url only, to the contract there as well (a gateway closes that, too), never to the token endpoint, which is
// another service.
//
// # Whose answer
//
// Bytes on a connection carry no name, and a server or proxy can send an answer too many. So an answer is taken for
// that of a request when nothing waited to be read before the request was written, the other side's TCP has confirmed
// the whole request when the answer's first byte is read (what was sent before the request arrived cannot confirm it),
// and nothing follows its end. Anything else leaves the document in doubt. Connections rest for 5 ms after an answer
// where others can do their work, so that what comes too late shows. After the first answer too many the log says so,
// and for an hour each request gets a connection of its own.
package httpcall
