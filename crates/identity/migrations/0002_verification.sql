-- Proofs that somebody holds a number. A code is in none of these columns: it is derived when it is sent and when it is checked.
CREATE TABLE verifications (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    id UUID NOT NULL,               -- plain
    wrapped_key BYTES NOT NULL,     -- key: the data key, wrapped
    details BYTES NOT NULL,         -- sealed: the number and what is being approved
    part TEXT NOT NULL,             -- plain: the country, or the calling code of no country
    purpose TEXT NOT NULL,          -- plain
    channel TEXT NOT NULL,          -- plain: sms | voice | whatsapp
    language TEXT NOT NULL,         -- plain
    origin TEXT,                    -- plain: the host that an SMS is bound to
    digits BIGINT NOT NULL,         -- plain: how many the code has
    customer_id UUID,               -- plain: whose proof it is to be, or was found to be
    device_id UUID,                 -- plain: of the cookie that asked
    state TEXT NOT NULL,            -- plain: pending | approved | canceled | used_up; pending past its time has expired
    sends BIGINT NOT NULL,          -- plain: how often the code was sent
    guesses BIGINT NOT NULL,        -- plain: how many were looked at
    created_at BIGINT NOT NULL,     -- plain
    expires_at BIGINT NOT NULL,     -- plain
    ended_at BIGINT,                -- plain
    sent_at BIGINT,                 -- plain: the last time
    story TEXT NOT NULL,            -- plain: JSON of what happened, by whom and why
    PRIMARY KEY (shop_id, number_key, id)
) CLUSTERED;
CREATE INDEX verifications_by_id ON verifications (shop_id, id);

-- What is remembered of a number, for its limits.
CREATE TABLE verification_numbers (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    sends BYTES NOT NULL,           -- plain: when codes were sent in the last day, eight bytes each
    guesses BYTES NOT NULL,         -- plain: when wrong guesses were looked at in the last day, eight bytes each
    since_success BIGINT NOT NULL,  -- plain: wrong guesses since the last success
    succeeded_at BIGINT,            -- plain: the last success
    PRIMARY KEY (shop_id, number_key)
) CLUSTERED;

-- The same of a device that succeeded with a number.
CREATE TABLE verification_devices (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    device_id UUID NOT NULL,        -- plain: of its cookie
    sends BYTES NOT NULL,           -- plain: when codes were sent in the last day, eight bytes each
    guesses BYTES NOT NULL,         -- plain: when wrong guesses were looked at in the last day, eight bytes each
    since_success BIGINT NOT NULL,  -- plain: wrong guesses since the last success
    succeeded_at BIGINT,            -- plain: the last success
    PRIMARY KEY (shop_id, number_key, device_id)
) CLUSTERED;

-- Sends asked for from an address, by hour.
CREATE TABLE verification_addresses (
    shop_id UUID NOT NULL,          -- plain
    address_key BYTES NOT NULL,     -- index: keyed HMAC-SHA256 of the address, of IPv6 the first 64 bits
    hour BIGINT NOT NULL,           -- plain: hours since 1970
    sends BIGINT NOT NULL,          -- plain
    PRIMARY KEY (shop_id, address_key, hour)
) CLUSTERED;
CREATE INDEX verification_addresses_by_hour ON verification_addresses (hour);

-- What was sent to a part of the world on a day, what it cost and what came back.
CREATE TABLE verification_days (
    shop_id UUID NOT NULL,          -- plain
    day BIGINT NOT NULL,            -- plain: days since 1970, UTC
    part TEXT NOT NULL,             -- plain: the country, or the calling code of no country
    sends BIGINT NOT NULL,          -- plain
    refused BIGINT NOT NULL,        -- plain
    would_be_refused BIGINT NOT NULL, -- plain: sent all the same, in shadow mode
    approved BIGINT NOT NULL,       -- plain
    cost_micros BIGINT NOT NULL,    -- plain: millionths of the currency's unit
    PRIMARY KEY (shop_id, day, part)
) CLUSTERED;

-- The breaker of a part of the world: what went to numbers that never succeeded and what came back, both fading.
CREATE TABLE verification_breakers (
    shop_id UUID NOT NULL,          -- plain
    part TEXT NOT NULL,             -- plain
    sends REAL NOT NULL,            -- plain
    approved REAL NOT NULL,         -- plain
    at BIGINT NOT NULL,             -- plain: when the two were right
    probed_at BIGINT NOT NULL,      -- plain: the last send while it was open
    PRIMARY KEY (shop_id, part)
) CLUSTERED;

-- Whoever decides about a shop's proofs holds its row for the length of a transaction, so that one decides after another.
CREATE TABLE verification_turns (
    shop_id UUID NOT NULL,          -- plain
    turns BIGINT NOT NULL,          -- plain: how many there were
    PRIMARY KEY (shop_id)
) CLUSTERED;
