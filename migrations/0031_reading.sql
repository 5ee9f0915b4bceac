-- +goose Up
-- Who was shown what of whom: a line before each value leaves, never the value. Lines are added; past their time a purge deletes them,
-- none before four weeks, and whoever is forgotten loses the name in them. Nothing else is changed, by nobody.
CREATE TABLE syncd.reading (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text NOT NULL CHECK (actor <> ''),
    account     text NOT NULL DEFAULT '',
    login       text NOT NULL DEFAULT '',
    channel     text NOT NULL CHECK (channel <> ''),
    host        text NOT NULL DEFAULT '',
    target_id   bigint NOT NULL REFERENCES syncd.target,
    run_id      bigint, -- whose document it was of; it outlives runs
    key         text COLLATE "C" NOT NULL CHECK (key <> ''),
    field       text NOT NULL
);
CREATE INDEX reading_by_key ON syncd.reading (target_id, key);
CREATE INDEX reading_by_time ON syncd.reading (at);
COMMENT ON COLUMN syncd.reading.field IS 'the member; empty = the sheet as it is shown, with what is sensitive masked';
REVOKE TRUNCATE ON syncd.reading FROM CURRENT_USER;
-- +goose StatementBegin
CREATE FUNCTION syncd.keep_reading() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < clock_timestamp() - interval '28 days' THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND NEW.key LIKE 'forgotten-%' AND to_jsonb(NEW) - 'key' = to_jsonb(OLD) - 'key' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the trail of readings is append-only' USING ERRCODE = 'SY002';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER reading_is_append_only BEFORE UPDATE OR DELETE ON syncd.reading FOR EACH ROW EXECUTE FUNCTION syncd.keep_reading();
CREATE TRIGGER reading_is_not_emptied BEFORE TRUNCATE ON syncd.reading FOR EACH STATEMENT EXECUTE FUNCTION syncd.keep_audit();

-- +goose Down
DROP TABLE syncd.reading;
DROP FUNCTION syncd.keep_reading();
