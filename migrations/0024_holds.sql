-- +goose Up
-- What holds a run that reads as facts, of which failure_detail was the only place: "18/60", "Civilite 2/2", "factures 37/40".
UPDATE syncd.run SET failure_args = CASE
    WHEN kind = 'pull' AND failure_code = 'pull-empty'
        THEN jsonb_build_object('cause', 'none-listed', 'args', jsonb_build_object('collection', failure_detail))
    WHEN kind = 'pull' AND failure_code = 'pull-foreign'
        THEN jsonb_build_object('cause', 'foreign', 'args', jsonb_build_object(
            'collection', split_part(failure_detail, ' ', 1), 'n', split_part(failure_detail, ' ', 2)))
    WHEN kind = 'pull'
        THEN jsonb_build_object('cause', 'fewer', 'args', jsonb_build_object('collection', split_part(failure_detail, ' ', 1),
            'n', split_part(split_part(failure_detail, ' ', 2), '/', 1), 'of', split_part(failure_detail, '/', 2)))
    WHEN failure_detail ~ '^[0-9]+/[0-9]+$'
        THEN jsonb_build_object('cause', 'withdraws', 'args', jsonb_build_object(
            'n', split_part(failure_detail, '/', 1), 'of', split_part(failure_detail, '/', 2)))
    ELSE jsonb_build_object('cause', 'emptied', 'args', jsonb_build_object('nomenclatures', failure_detail)) END
WHERE failure_code IN ('pull-empty', 'pull-shrinks', 'pull-foreign') AND failure_detail <> '' AND failure_args IS NULL;

-- +goose Down
UPDATE syncd.run SET failure_args = NULL WHERE failure_code IN ('pull-empty', 'pull-shrinks', 'pull-foreign');
