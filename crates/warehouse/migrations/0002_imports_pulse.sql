-- Who runs an import, so that one whose process is gone is not said to be running for ever.
ALTER TABLE imports ADD COLUMN holder TEXT;      -- plain: host, process and start of the process that runs it
ALTER TABLE imports ADD COLUMN seen_at BIGINT;   -- plain: when that process last said that it is there
