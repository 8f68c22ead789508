-- The audit trail: who did what to whom and why. Rows are only ever added; each row's hash covers the row before it.
CREATE TABLE audit (
    shop_id UUID NOT NULL,          -- plain
    seq BIGINT NOT NULL,            -- plain: 1, 2, 3 … a shop, without gaps
    at BIGINT NOT NULL,             -- plain: microseconds UTC
    actor TEXT NOT NULL,            -- plain: kind and id of who acted
    action TEXT NOT NULL,           -- plain: customers.merge, numbers.reveal …
    subject TEXT NOT NULL,          -- plain: kind:id of what was acted on
    customer_id UUID,               -- plain
    reason TEXT NOT NULL,           -- plain: as the actor gave it
    details TEXT NOT NULL,          -- plain: JSON without personal data
    previous_hash BYTES NOT NULL,   -- plain
    hash BYTES NOT NULL,            -- index: keyed HMAC-SHA256 over the row and the hash before it
    PRIMARY KEY (shop_id, seq)
) CLUSTERED;
CREATE INDEX audit_by_customer ON audit (shop_id, customer_id, seq);

-- Answers kept for requests that may be sent twice.
CREATE TABLE idempotency_keys (
    shop_id UUID NOT NULL,          -- plain
    caller TEXT NOT NULL,           -- plain: id of the API key
    key TEXT NOT NULL,              -- plain: as the caller sent it
    request_hash BYTES NOT NULL,    -- index: keyed HMAC-SHA256 of method, path and body
    status BIGINT,                  -- plain: HTTP status; NULL while the first request runs
    body BYTES,                     -- sealed: the answer
    created_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, caller, key)
) CLUSTERED;
