-- Parts of long messages from numbers, until all of a message are there. Those of one that was put together stay for a while, so that a part that comes again is recognised.
CREATE TABLE inbound_parts (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the sender's E.164 number
    provider TEXT NOT NULL,         -- plain
    recipient TEXT NOT NULL,        -- plain: the shop's own number or short code, as the provider wrote it
    reference TEXT NOT NULL,        -- plain: what the sender's phone calls the message, by what kind of header, and of how many parts it is
    place BIGINT NOT NULL,          -- plain: which part, from 1
    wrapped_key BYTES NOT NULL,     -- key: the data key, wrapped
    sender BYTES NOT NULL,          -- sealed: the number
    body BYTES NOT NULL,            -- sealed: its coding, and the part as it came
    joined_at BIGINT,               -- plain: when the message was put together
    received_at BIGINT NOT NULL,    -- plain
    PRIMARY KEY (shop_id, number_key, provider, recipient, reference, place)
) CLUSTERED;
CREATE INDEX inbound_parts_by_time ON inbound_parts (received_at);
