-- +goose Up
-- What monitoring asks for again and again, however many runs there are: it is given five seconds, and left out after that.
DROP INDEX syncd.run_by_age;
CREATE INDEX run_by_age ON syncd.run (created_at, job, state);
CREATE INDEX run_pull_ended ON syncd.run (job, target_id, finished_at) WHERE period IS NULL;

-- +goose Down
DROP INDEX syncd.run_pull_ended, syncd.run_by_age;
CREATE INDEX run_by_age ON syncd.run (created_at);
