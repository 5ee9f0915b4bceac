-- +goose Up
-- Records that cannot be stored, and that the cursor of their window has passed: each run tells of them, and now and then asks for
-- them again.
CREATE TABLE inbox.refused (
    target_id     bigint NOT NULL REFERENCES inbox.dossier,
    collection    text NOT NULL,
    name          text NOT NULL,
    key           text COLLATE "C" NOT NULL,
    reason_code   text NOT NULL,
    reason_detail text NOT NULL,
    since         timestamptz NOT NULL,
    tried_at      timestamptz NOT NULL,
    run           bigint NOT NULL,
    PRIMARY KEY (target_id, collection, name, key)
);
COMMENT ON COLUMN inbox.refused.name IS 'of the window, as in inbox.cursor';
COMMENT ON COLUMN inbox.refused.key IS 'or its place, where it has none that can be used';
COMMENT ON COLUMN inbox.refused.since IS 'where the window began that showed it last';

-- +goose Down
DROP TABLE inbox.refused;
