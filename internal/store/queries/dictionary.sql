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
