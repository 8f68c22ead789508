-- Messages to numbers: what was asked for, and what became of it. Kept in the order of time; the number's anchor is part of the key.
CREATE TABLE messages (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    anchor BIGINT NOT NULL,         -- index: first 8 bytes of the keyed index of the number
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    wrapped_key BYTES,              -- key: the data key, wrapped; NULL after erasure
    recipient BYTES NOT NULL,       -- sealed: the number
    body BYTES,                     -- sealed: the text; NULL when it is made at the moment of sending and never kept
    channel TEXT NOT NULL,          -- plain: sms | voice | whatsapp
    purpose TEXT NOT NULL,          -- plain
    composer TEXT,                  -- plain: who makes the text, when it is not kept
    reference TEXT,                 -- plain: of what the composer makes it: an id
    state TEXT NOT NULL,            -- plain: queued | sending | sent | delivered | undelivered | failed | expired | unknown
    reason TEXT,                    -- plain: why it ended so: a code and a sentence
    provider TEXT,                  -- plain: who took it, or was asked last
    provider_reference TEXT,        -- plain: what the provider calls it
    segments BIGINT,                -- plain: how many were sent
    cost_micros BIGINT,             -- plain: millionths of the currency's unit
    currency TEXT,                  -- plain: ISO 4217
    created_at BIGINT NOT NULL,     -- plain
    give_up_at BIGINT NOT NULL,     -- plain: not sent later than this
    sent_at BIGINT,                 -- plain: when the provider took it
    ended_at BIGINT,                -- plain: when its last state came
    PRIMARY KEY (shop_id, id, anchor)
) CLUSTERED;
CREATE INDEX messages_by_number ON messages (shop_id, number_key, id);
CREATE INDEX messages_by_reference ON messages (provider_reference) WHERE provider_reference IS NOT NULL;
CREATE INDEX messages_in_trouble ON messages (shop_id, state, id) WHERE state IN ('undelivered', 'failed', 'expired', 'unknown');

-- What is still to be sent. A row goes when its message has been sent or has ended.
CREATE TABLE message_work (
    bucket BIGINT NOT NULL,         -- plain: 0 to 15
    id UUID NOT NULL,               -- plain: the message
    shop_id UUID NOT NULL,          -- plain
    run_at BIGINT NOT NULL,         -- plain: not before; while somebody has it, when his time runs out
    attempts BIGINT NOT NULL,       -- plain
    lease_id UUID,                  -- plain: which claim has it; NULL when nobody has
    holder TEXT,                    -- plain: which process has it
    PRIMARY KEY (bucket, id)
) CLUSTERED;
CREATE INDEX message_work_due ON message_work (bucket, run_at);

-- What providers said about messages, as it came. A receipt may come before we have recorded what the provider calls the message.
CREATE TABLE message_receipts (
    provider TEXT NOT NULL,         -- plain
    provider_reference TEXT NOT NULL, -- plain
    id UUID NOT NULL,               -- plain
    state TEXT NOT NULL,            -- plain: delivered | undelivered | sent
    reason TEXT,                    -- plain: the provider's code
    received_at BIGINT NOT NULL,    -- plain
    message_id UUID,                -- plain: NULL until its message is known
    PRIMARY KEY (provider, provider_reference, id)
) CLUSTERED;
CREATE INDEX message_receipts_waiting ON message_receipts (received_at) WHERE message_id IS NULL;

-- Messages from numbers.
CREATE TABLE inbound_messages (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    anchor BIGINT NOT NULL,         -- index: first 8 bytes of the keyed index of the number
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    wrapped_key BYTES,              -- key: the data key, wrapped; NULL after erasure
    sender BYTES NOT NULL,          -- sealed: the number
    body BYTES NOT NULL,            -- sealed: the text
    channel TEXT NOT NULL,          -- plain: sms | voice | whatsapp
    provider TEXT NOT NULL,         -- plain
    provider_reference TEXT NOT NULL, -- plain: what the provider calls it; the same twice is one message
    received_at BIGINT NOT NULL,    -- plain
    PRIMARY KEY (shop_id, id, anchor)
) CLUSTERED;
CREATE INDEX inbound_messages_by_number ON inbound_messages (shop_id, number_key, id);
CREATE UNIQUE INDEX inbound_messages_once ON inbound_messages (shop_id, anchor, provider, provider_reference);
