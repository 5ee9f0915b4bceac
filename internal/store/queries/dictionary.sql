-- name: DictionaryEntries :many
SELECT name, code, label, active FROM syncd.dictionary_entry WHERE target_id = @target_id;

-- name: UpsertEntries :exec
INSERT INTO syncd.dictionary_entry (target_id, name, code, label, active, changed_by)
SELECT @target_id, unnest(@names::text[]), unnest(@codes::text[]), unnest(@labels::text[]), unnest(@actives::boolean[]), @run_id
ON CONFLICT (target_id, name, code) DO UPDATE SET label = excluded.label, active = excluded.active, changed_by = excluded.changed_by;

-- name: DeleteChanges :exec
DELETE FROM syncd.dictionary_change WHERE run_id = @run_id;

-- name: InsertChanges :exec
INSERT INTO syncd.dictionary_change (run_id, name, code, difference, old_label, new_label)
SELECT @run_id, unnest(@names::text[]), unnest(@codes::text[]), unnest(@differences::text[]), unnest(@old_labels::text[]),
       unnest(@new_labels::text[]);

-- name: ListChanges :many
SELECT name, code, difference, old_label, new_label FROM syncd.dictionary_change WHERE run_id = @run_id ORDER BY name, code;

-- name: DeleteImpacts :exec
DELETE FROM syncd.impact WHERE target_id = @target_id;

-- name: InsertImpact :exec
INSERT INTO syncd.impact (target_id, job, period, run_id, digest, known, employees, blocked, codes)
VALUES (@target_id, @job, @period, @run_id, @digest, @known, @employees, @blocked, @codes);

-- name: ListImpacts :many
SELECT t.dossier, i.job, i.period, i.made_at, i.digest, i.known, i.employees, i.blocked, i.codes
FROM syncd.impact i JOIN syncd.target t ON t.id = i.target_id
WHERE t.partner = @partner AND t.environment = @environment AND t.base_url = @base_url ORDER BY t.dossier, i.job;
