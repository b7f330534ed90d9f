-- +goose Up

-- A day that an approval changes after it was settled was opened for the sweep again, and settled again unasked, as nothing of the day's
-- own says that it is another one: the slot that ends a night shift under the leave of the morning, or a leave that was taken back.
ALTER TABLE dakasync.day ADD COLUMN changed_at timestamptz;
COMMENT ON COLUMN dakasync.day.changed_at IS 'When an approval that touches the day was last left to the nightly sweep; null if never. The day is settled only by what was asked since.';

-- +goose Down
ALTER TABLE dakasync.day DROP COLUMN changed_at;
