-- Which secrets sealed what is in this database, so that others are refused before they write anything.
CREATE TABLE sealed_with (
    secret TEXT PRIMARY KEY,        -- plain: index, or kek and its version
    fingerprint TEXT NOT NULL,      -- plain: keyed by the secret itself; tells secrets apart and reveals nothing
    noted_at BIGINT NOT NULL        -- plain
) CLUSTERED;
