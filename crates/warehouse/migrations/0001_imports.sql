-- Imports of order files, what came of them, and which rows could not be used.
CREATE TABLE imports (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    source TEXT NOT NULL,           -- plain
    file_name TEXT NOT NULL,        -- plain: the last part of the path, as given
    state TEXT NOT NULL,            -- plain: queued, running, linking, done or failed
    settings TEXT NOT NULL,         -- plain: JSON of how to read the file
    bytes_total BIGINT,             -- plain: NULL when it cannot be known
    bytes_done BIGINT NOT NULL,     -- plain
    rows_read BIGINT NOT NULL,      -- plain
    rows_rejected BIGINT NOT NULL,  -- plain
    summary TEXT NOT NULL,          -- plain: JSON of counts
    fault TEXT,                     -- plain: JSON of what stopped it
    spool_key BYTES,                -- key: of the uploaded file while it waits, wrapped
    created_at BIGINT NOT NULL,     -- plain
    finished_at BIGINT,             -- plain
    PRIMARY KEY (shop_id, id)
) CLUSTERED;

CREATE TABLE import_rejects (
    shop_id UUID NOT NULL,          -- plain
    import_id UUID NOT NULL,        -- plain
    n BIGINT NOT NULL,              -- plain: 1, 2, 3 …
    line_number BIGINT NOT NULL,    -- plain: line of the file
    field TEXT,                     -- plain
    code TEXT NOT NULL,             -- plain
    reason TEXT NOT NULL,           -- plain: never holds a value of the row
    PRIMARY KEY (shop_id, import_id, n)
) CLUSTERED;
