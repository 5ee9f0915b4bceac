-- +goose Up
-- Which kinds of jobs there are, and which of them have a month, is told by the program alone (jobs.Kind).
ALTER TABLE syncd.run DROP CONSTRAINT run_kind_check, DROP CONSTRAINT run_push_has_period,
    ADD CONSTRAINT run_kind_check CHECK (kind <> ''),
    ADD CONSTRAINT run_employees_are_of_a_period CHECK (period IS NOT NULL OR
        (employees_read = 0 AND elements_read = 0 AND departed = 0 AND "left" = 0 AND employees = '{}'));

-- +goose Down
ALTER TABLE syncd.run DROP CONSTRAINT run_kind_check, DROP CONSTRAINT run_employees_are_of_a_period,
    ADD CONSTRAINT run_kind_check CHECK (kind IN ('push-salaries', 'pull-dictionnaire')),
    ADD CONSTRAINT run_push_has_period CHECK ((kind = 'push-salaries') = (period IS NOT NULL));
