-- Where a shop wants to be told of what happens, and whether it was.
CREATE TABLE webhook_endpoints (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    url TEXT NOT NULL,              -- plain: where calls go
    description TEXT NOT NULL,      -- plain: how people read it
    kinds TEXT NOT NULL,            -- plain: the kinds of events that it is told of, separated by blanks
    wrapped_key BYTES NOT NULL,     -- key: the data key, wrapped; with it everything sealed of this endpoint goes
    secret BYTES NOT NULL,          -- sealed: what calls are signed with
    old_secret BYTES,               -- sealed: the one before, which signs beside it for a day
    old_secret_until BIGINT,        -- plain
    created_at BIGINT NOT NULL,     -- plain
    disabled_at BIGINT,             -- plain: NULL while it is told
    disabled_why TEXT,              -- plain: asked | gone | failing
    PRIMARY KEY (shop_id, id)
) CLUSTERED;

-- How calls to an endpoint went lately. Apart from the endpoint, which every event reads, so that outcomes do not stand in the way of events.
CREATE TABLE webhook_health (
    shop_id UUID NOT NULL,          -- plain
    endpoint_id UUID NOT NULL,      -- plain
    failing_since BIGINT,           -- plain: the first failure after the last success; NULL while calls succeed
    succeeded_at BIGINT,            -- plain
    failed_at BIGINT,               -- plain
    failure TEXT,                   -- plain: the last one, in words of ours
    PRIMARY KEY (shop_id, endpoint_id)
) CLUSTERED;

-- Calls by the hour.
CREATE TABLE webhook_hours (
    shop_id UUID NOT NULL,          -- plain
    endpoint_id UUID NOT NULL,      -- plain
    hour BIGINT NOT NULL,           -- plain: hours since 1970
    succeeded BIGINT NOT NULL,      -- plain
    failed BIGINT NOT NULL,         -- plain
    PRIMARY KEY (shop_id, endpoint_id, hour)
) CLUSTERED;
CREATE INDEX webhook_hours_by_time ON webhook_hours (hour);

-- What happened, as it is told. Only events that somebody listened to.
CREATE TABLE webhook_events (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain: the webhook-id
    kind TEXT NOT NULL,             -- plain: verification.approved, message.delivered, …
    at BIGINT NOT NULL,             -- plain
    data TEXT NOT NULL,             -- plain: JSON of identifiers, and numbers masked; never a code, a text or a name
    PRIMARY KEY (shop_id, id)
) CLUSTERED;
CREATE INDEX webhook_events_by_time ON webhook_events (at);

-- An event for an endpoint, and where its telling stands.
CREATE TABLE webhook_deliveries (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    endpoint_id UUID NOT NULL,      -- plain
    event_id UUID NOT NULL,         -- plain
    state TEXT NOT NULL,            -- plain: waiting | delivered | failed
    tries BIGINT NOT NULL,          -- plain: since it was asked for; the schedule goes by it
    attempts BIGINT NOT NULL,       -- plain: all that were ever made
    due_at BIGINT NOT NULL,         -- plain: not before; while somebody has it, when their time runs out
    lease_id UUID,                  -- plain: which claim has it; NULL when nobody has
    holder TEXT,                    -- plain: which process has it
    status BIGINT,                  -- plain: what the last call was answered, if it was
    failure TEXT,                   -- plain: why the last call failed, in words of ours
    created_at BIGINT NOT NULL,     -- plain
    ended_at BIGINT,                -- plain
    PRIMARY KEY (shop_id, id)
) CLUSTERED;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (shop_id, endpoint_id, due_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (shop_id, endpoint_id, id);
CREATE INDEX webhook_deliveries_held ON webhook_deliveries (holder) WHERE holder IS NOT NULL;
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);

-- One call, and how it was answered.
CREATE TABLE webhook_attempts (
    shop_id UUID NOT NULL,          -- plain
    delivery_id UUID NOT NULL,      -- plain
    number BIGINT NOT NULL,         -- plain: which attempt, from 1
    at BIGINT NOT NULL,             -- plain
    took_micros BIGINT NOT NULL,    -- plain
    status BIGINT,                  -- plain: NULL when there was no answer
    failure TEXT,                   -- plain: NULL when it succeeded
    answer BYTES NOT NULL,          -- sealed: how the answer began; a receiver may say anything
    PRIMARY KEY (shop_id, delivery_id, number)
) CLUSTERED;
CREATE INDEX webhook_attempts_by_time ON webhook_attempts (at);
