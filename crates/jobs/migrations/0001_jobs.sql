-- Work to be done later, by whoever leases it.
CREATE TABLE jobs (
    bucket BIGINT NOT NULL,         -- plain: 0 to 15; a claim names one
    id UUID NOT NULL,               -- plain
    shop_id UUID NOT NULL,          -- plain
    kind TEXT NOT NULL,             -- plain: which handler runs it
    payload TEXT NOT NULL,          -- plain: JSON of identifiers, never personal data
    state TEXT NOT NULL,            -- plain: waiting, done or failed
    run_at BIGINT NOT NULL,         -- plain: not before
    leased_until BIGINT NOT NULL,   -- plain: 0 when nobody has it
    lease_id UUID,                  -- plain: who has it
    attempts BIGINT NOT NULL,       -- plain
    last_error TEXT,                -- plain: code and sentence of the last failure
    created_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (bucket, id)
) CLUSTERED;
CREATE INDEX jobs_waiting ON jobs (bucket, state, run_at);

-- Work of which only one may run at a time in a shop, and who runs it.
CREATE TABLE leases (
    shop_id UUID NOT NULL,          -- plain
    name TEXT NOT NULL,             -- plain: imports
    holder TEXT NOT NULL,           -- plain: host, process and start of the process
    until_at BIGINT NOT NULL,       -- plain
    PRIMARY KEY (shop_id, name)
) CLUSTERED;
