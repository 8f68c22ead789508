-- The carrier in the box. Only test mode writes here. What its phones got is sealed like everything else: a one-time code is in no table to be read.
CREATE TABLE sandbox_phones (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    id UUID NOT NULL,               -- plain: names the phone where its number must not stand
    wrapped_key BYTES NOT NULL,     -- key: the data key of the phone and of all that it got, wrapped
    number BYTES NOT NULL,          -- sealed: the number
    behaviour TEXT NOT NULL,        -- plain: answer | absent | late | silent | unknown_number | busy | in_doubt
    sim_swapped_at BIGINT,          -- plain: when the SIM was last swapped
    holder_changed_at BIGINT,       -- plain: when the number was last given to somebody else
    is_forwarded BOOL NOT NULL,     -- plain: whether calls go to another number
    touched_at BIGINT NOT NULL,     -- plain: when something last happened to it
    PRIMARY KEY (shop_id, number_key)
) CLUSTERED;

CREATE TABLE sandbox_items (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the phone's number
    id UUID NOT NULL,               -- plain: also what the carrier calls the message
    channel TEXT NOT NULL,          -- plain: sms | voice | whatsapp
    is_outgoing BOOL NOT NULL,      -- plain: whether the phone sent it
    correspondent TEXT NOT NULL,    -- plain: the shop's own number or name
    purpose TEXT NOT NULL,          -- plain
    body BYTES NOT NULL,            -- sealed: the text, or what the call said
    keys BYTES,                     -- sealed: keys pressed in the call
    arrives_at BIGINT NOT NULL,     -- plain: when the phone shows it
    receipt TEXT,                   -- plain: delivered | undelivered; what the carrier will say, NULL when it says or has said nothing
    receipt_at BIGINT,              -- plain: when it says so
    PRIMARY KEY (shop_id, number_key, id)
) CLUSTERED;
CREATE INDEX sandbox_items_owing ON sandbox_items (receipt_at) WHERE receipt IS NOT NULL;
