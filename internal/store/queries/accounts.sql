-- name: InsertAccount :execrows
INSERT INTO syncd.account (name, label, login, email, language, made_at, made_by)
VALUES (@name, @label, sqlc.narg('login'), @email, @language, @made_at, @made_by) ON CONFLICT (name) DO NOTHING;

-- name: Accounts :many
SELECT a.name, a.label, a.login, a.email, a.language, (a.password IS NOT NULL OR a.subject IS NOT NULL)::boolean AS ready, (a.totp IS NOT NULL)::boolean AS has_codes, a.disabled_at, a.made_at, a.made_by,
       a.issuer, a.subject,
       i.expires_at AS invited_until, (SELECT coalesce(max(p.last_at), 'epoch') FROM syncd.login_place p WHERE p.account = a.name)::timestamptz AS last_login
FROM syncd.account a LEFT JOIN syncd.invitation i ON i.account = a.name AND i.incarnation = syncd.incarnation_name()
WHERE @name::text = '' OR a.name = @name ORDER BY a.name;

-- name: AccountOfLogin :one
SELECT name FROM syncd.account WHERE login = @login;

-- name: RolesOf :many
SELECT account, role, dossier FROM syncd.account_role WHERE @account::text = '' OR account = @account ORDER BY account, role, dossier;

-- name: LockAccount :one
SELECT name FROM syncd.account WHERE name = @name FOR UPDATE;

-- name: DeleteRoles :exec
DELETE FROM syncd.account_role WHERE account = @account;

-- name: InsertRole :exec
INSERT INTO syncd.account_role (account, role, dossier) VALUES (@account, @role, @dossier) ON CONFLICT DO NOTHING;

-- name: SetContact :exec
UPDATE syncd.account SET email = coalesce(sqlc.narg('email'), email), language = coalesce(sqlc.narg('language'), language) WHERE name = @name;

-- name: DisableAccount :execrows
UPDATE syncd.account SET disabled_at = @at::timestamptz WHERE name = @name AND disabled_at IS NULL;

-- name: ResetAccount :execrows
UPDATE syncd.account SET password = NULL, totp = NULL, issuer = NULL, subject = NULL, disabled_at = NULL WHERE name = @name;

-- name: Invite :exec
INSERT INTO syncd.invitation (hash, account, totp, expires_at) VALUES (@hash, @account, @totp, @expires_at)
ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, totp = excluded.totp, expires_at = excluded.expires_at, incarnation = excluded.incarnation;

-- name: Invitation :one
SELECT i.account, i.totp, a.label, a.language FROM syncd.invitation i JOIN syncd.account a ON a.name = i.account
WHERE i.hash = @hash AND i.expires_at > sqlc.arg('now')::timestamptz AND a.disabled_at IS NULL AND i.incarnation = syncd.incarnation_name();

-- Locks the account before the invitation, as who disables or resets it does.
-- name: UseInvitation :one
WITH invited AS MATERIALIZED (
    SELECT a.name FROM syncd.account a JOIN syncd.invitation v ON v.account = a.name WHERE v.hash = @hash FOR UPDATE OF a)
DELETE FROM syncd.invitation i USING invited
WHERE i.account = invited.name AND i.hash = @hash AND i.expires_at > sqlc.arg('now')::timestamptz AND i.incarnation = syncd.incarnation_name()
RETURNING i.account, i.totp;

-- name: Withdraw :exec
DELETE FROM syncd.invitation WHERE account = @account;

-- name: SetPassword :execrows
UPDATE syncd.account SET password = @password::text, totp = @totp::bytea, totp_step = @totp_step WHERE name = @name AND disabled_at IS NULL;

-- name: SetCodes :exec
UPDATE syncd.account SET totp = @totp::bytea, totp_step = @totp_step WHERE name = @name;

-- name: ChangePassword :execrows
UPDATE syncd.account SET password = @password::text WHERE name = @name AND password IS NOT NULL AND disabled_at IS NULL;

-- name: TakeStep :execrows
UPDATE syncd.account SET totp_step = @step WHERE name = @name AND totp_step < @step AND disabled_at IS NULL;

-- name: Credentials :one
SELECT name, password, totp, disabled_at FROM syncd.account WHERE name = @name;

-- name: InsertSession :exec
INSERT INTO syncd.session (hash, account, made_at, seen_at, proved_at, proof, address, agent)
VALUES (@hash, @account, @at, @at, @proved_at, @proof, @address, @agent);

-- name: Session :one
SELECT s.id, s.account, a.label, a.login, a.language, (a.password IS NOT NULL)::boolean AS has_password, (a.totp IS NOT NULL)::boolean AS has_codes, a.issuer, s.made_at, s.seen_at, s.proved_at, s.proof, s.address,
       ARRAY(SELECT r.role || ':' || r.dossier FROM syncd.account_role r WHERE r.account = s.account ORDER BY 1)::text[] AS roles
FROM syncd.session s JOIN syncd.account a ON a.name = s.account
WHERE s.hash = @hash AND a.disabled_at IS NULL AND s.seen_at > sqlc.arg('idle_since')::timestamptz AND s.made_at > sqlc.arg('made_since')::timestamptz
  AND s.incarnation = syncd.incarnation_name();

-- name: SeeSession :exec
UPDATE syncd.session SET seen_at = @at WHERE hash = @hash AND seen_at < @at;

-- name: ProveSession :execrows
UPDATE syncd.session SET proved_at = @at, proof = @proof WHERE hash = @hash;

-- name: SessionsOf :many
SELECT id, made_at, seen_at, address, agent FROM syncd.session WHERE account = @account AND seen_at > sqlc.arg('idle_since')::timestamptz
AND made_at > sqlc.arg('made_since')::timestamptz AND incarnation = syncd.incarnation_name() ORDER BY made_at DESC;

-- name: EndSession :execrows
DELETE FROM syncd.session WHERE account = @account AND id = @id;

-- name: EndSessions :execrows
DELETE FROM syncd.session WHERE account = @account;

-- name: EndSessionByHash :exec
DELETE FROM syncd.session WHERE hash = @hash;

-- name: DropStaleSessions :exec
DELETE FROM syncd.session WHERE seen_at <= sqlc.arg('idle_since')::timestamptz OR made_at <= sqlc.arg('made_since')::timestamptz;

-- Attempts of one name are judged one after the other: a hundred at once would all find that none has failed yet.
-- name: LockAttempts :exec
SELECT pg_advisory_xact_lock(-5, hashtext(encode(@who::bytea, 'hex')));

-- name: Attempts :one
SELECT count(*) FILTER (WHERE f.who = @who)::bigint AS of_account, coalesce(max(f.at) FILTER (WHERE f.who = @who), 'epoch')::timestamptz AS last_of_account,
       count(*) FILTER (WHERE f.who = @who AND f.address = @address)::bigint AS of_both, coalesce(max(f.at) FILTER (WHERE f.who = @who AND f.address = @address), 'epoch')::timestamptz AS last_of_both,
       count(*) FILTER (WHERE f.address = @address)::bigint AS of_address, coalesce(max(f.at) FILTER (WHERE f.address = @address), 'epoch')::timestamptz AS last_of_address,
       EXISTS (SELECT FROM syncd.login_place p WHERE p.account = @account AND p.address = @address) AS known
FROM syncd.login_failure f WHERE (f.who = @who OR f.address = @address) AND f.at > sqlc.arg('since')::timestamptz;

-- name: InsertAttempt :exec
INSERT INTO syncd.login_failure (who, account, address, at) VALUES (@who, (SELECT a.name FROM syncd.account a WHERE a.name = @account), @address, @at);

-- name: ForgetAttempts :exec
DELETE FROM syncd.login_failure WHERE who = @who AND (@address::text = '' OR address = @address);

-- name: DropOldAttempts :exec
DELETE FROM syncd.login_failure WHERE at < sqlc.arg('before')::timestamptz;

-- name: SeePlace :one
INSERT INTO syncd.login_place (account, address, first_at, last_at) VALUES (@account, @address, @at, @at)
ON CONFLICT (account, address) DO UPDATE SET last_at = excluded.last_at RETURNING first_at;

-- name: InsertEvent :exec
INSERT INTO syncd.account_event (account, kind) VALUES (@account, @kind);

-- The first place of all is where an invitation was used.
-- name: NoteNewPlace :exec
INSERT INTO syncd.account_event (account, kind, address) SELECT @account, 'new-place', @address
WHERE EXISTS (SELECT FROM syncd.login_place p WHERE p.account = @account AND p.address <> @address);

-- Once in a while, however long somebody guesses.
-- name: NoteFailures :exec
INSERT INTO syncd.account_event (account, kind, address) SELECT a.name, 'failures', @address FROM syncd.account a
WHERE a.name = @account AND NOT EXISTS (SELECT FROM syncd.account_event e WHERE e.account = a.name AND e.kind = 'failures' AND e.at > clock_timestamp() - interval '1 hour');

-- name: EndAllSessions :exec
DELETE FROM syncd.session;

-- name: WithdrawAll :exec
DELETE FROM syncd.invitation;

-- Who is known to an issuer by that subject, locked: whoever is being disabled is not let in.
-- name: LinkedAccount :one
SELECT name FROM syncd.account WHERE issuer = @issuer::text AND subject = @subject::text AND disabled_at IS NULL FOR UPDATE;

-- name: LinkAccount :execrows
UPDATE syncd.account SET issuer = sqlc.narg('issuer'), subject = sqlc.narg('subject') WHERE name = @name AND (disabled_at IS NULL OR @disabled_as_well::boolean);

-- name: ProveSessionBy :execrows
UPDATE syncd.session s SET proved_at = @at, proof = @proof FROM syncd.account a
WHERE s.hash = @hash AND a.name = s.account AND a.issuer = @issuer::text AND a.subject = @subject::text AND a.disabled_at IS NULL;

-- name: BeginFlow :execrows
INSERT INTO syncd.login_flow (hash, purpose, next, of, totp_step, address, begun_at)
SELECT @hash, @purpose, @next, sqlc.narg('of')::bytea, @totp_step, @address::text, sqlc.arg('now')::timestamptz
WHERE (SELECT count(*) FROM syncd.login_flow f WHERE f.address = @address AND f.begun_at > sqlc.arg('since')::timestamptz) < @most::bigint;

-- name: DropOldFlows :exec
DELETE FROM syncd.login_flow WHERE begun_at < sqlc.arg('before')::timestamptz;

-- name: TakeFlow :one
DELETE FROM syncd.login_flow WHERE hash = @hash AND begun_at > sqlc.arg('since')::timestamptz RETURNING purpose, next, of, totp_step, begun_at;
