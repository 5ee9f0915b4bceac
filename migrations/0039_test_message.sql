-- +goose Up
-- Who may give nothing but a recipient makes a test: the operators' page, which tells nobody anything else.
ALTER TABLE syncd.alert_message
    ALTER purpose SET DEFAULT 'test',
    ALTER urgent SET DEFAULT true,
    ALTER name SET DEFAULT replace(gen_random_uuid()::text, '-', ''),
    ALTER threads SET DEFAULT '{}',
    ALTER content SET DEFAULT '{}';

-- +goose Down
ALTER TABLE syncd.alert_message
    ALTER purpose DROP DEFAULT,
    ALTER urgent DROP DEFAULT,
    ALTER name DROP DEFAULT,
    ALTER threads DROP DEFAULT,
    ALTER content DROP DEFAULT;
