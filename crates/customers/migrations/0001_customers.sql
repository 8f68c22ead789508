-- Facts: who is known to whom. Personas and acts are only ever added. `anchor` is the first eight bytes of the keyed index of the number (else of the
-- e-mail address, the loyalty id or the content): whatever belongs to one number is kept together, on one node when there are many.
CREATE TABLE personas (
    shop_id UUID NOT NULL,          -- plain
    anchor BIGINT NOT NULL,         -- index: first 8 bytes of a keyed index
    content_key BYTES NOT NULL,     -- index: keyed HMAC-SHA256 over all details
    id UUID NOT NULL,               -- plain
    number_key BYTES,               -- index: keyed HMAC-SHA256 of the E.164 number
    email_key BYTES,                -- index: keyed HMAC-SHA256 of the folded address
    loyalty_key BYTES,              -- index: keyed HMAC-SHA256 of the folded id
    wrapped_key BYTES,              -- key: the data key, wrapped; NULL after erasure
    details BYTES NOT NULL,         -- sealed: number, name, e-mail, address, postcode, country, loyalty id, device id
    plan_version TEXT NOT NULL,     -- plain: version of the numbering-plan data that read the number
    recorded_at BIGINT NOT NULL,    -- plain
    PRIMARY KEY (shop_id, anchor, content_key)
);
CREATE INDEX personas_by_email ON personas (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX personas_by_loyalty ON personas (loyalty_key) WHERE loyalty_key IS NOT NULL;

CREATE TABLE persona_names (
    shop_id UUID NOT NULL,          -- plain
    token BYTES NOT NULL,           -- index: keyed HMAC-SHA256 of one folded word of a name
    anchor BIGINT NOT NULL,         -- index: where personas of that name are kept
    PRIMARY KEY (token, anchor)
) CLUSTERED;

-- What staff and programs said about who is who. An undo is an act of its own.
CREATE TABLE acts (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    kind TEXT NOT NULL,             -- plain: merge | split | change_number | keep | undo
    at BIGINT NOT NULL,             -- plain
    actor TEXT NOT NULL,            -- plain
    reason TEXT NOT NULL,           -- plain
    customer_id UUID NOT NULL,      -- plain: whom it was done to, as known then
    other_id UUID,                  -- plain: the other customer of a merge
    undoes UUID,                    -- plain: the act that this one takes back
    content TEXT NOT NULL,          -- plain: JSON of identifiers
    PRIMARY KEY (shop_id, id)
) CLUSTERED;

CREATE TABLE act_personas (
    shop_id UUID NOT NULL,          -- plain
    persona_id UUID NOT NULL,       -- plain
    act_id UUID NOT NULL,           -- plain
    anchor BIGINT NOT NULL,         -- index: where the persona is kept
    PRIMARY KEY (shop_id, persona_id, act_id, anchor)
) CLUSTERED;
CREATE INDEX act_personas_by_act ON act_personas (act_id);

-- Anchors whose facts changed since they were last linked.
CREATE TABLE unlinked (
    shop_id UUID NOT NULL,          -- plain
    anchor BIGINT NOT NULL,         -- index: first 8 bytes of a keyed index
    marks BIGINT NOT NULL,          -- plain: how often since; linking takes away only what it has seen
    PRIMARY KEY (shop_id, anchor)
) CLUSTERED;

-- The log of links: a persona's orders in [from_at, until_at) belong to a customer. A link that no longer holds is retracted, never changed.
CREATE TABLE links (
    shop_id UUID NOT NULL,          -- plain
    customer_id UUID NOT NULL,      -- plain
    persona_id UUID NOT NULL,       -- plain
    anchor BIGINT NOT NULL,         -- index: where the persona is kept
    from_at BIGINT NOT NULL,        -- plain: the least number when open
    until_at BIGINT NOT NULL,       -- plain: the greatest number when open
    recorded_at BIGINT NOT NULL,    -- plain
    rule TEXT NOT NULL,             -- plain
    evidence TEXT NOT NULL,         -- plain: kinds with weights
    rules_version BIGINT NOT NULL,  -- plain
    retracted_at BIGINT,            -- plain: NULL while it holds
    PRIMARY KEY (shop_id, customer_id, persona_id, from_at, recorded_at)
) CLUSTERED;
CREATE INDEX links_by_persona ON links (persona_id, retracted_at);

-- Views: derived from the facts, rebuilt at will.
CREATE TABLE customers (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    display_anchor BIGINT NOT NULL, -- index: where the display persona is kept
    display_id UUID NOT NULL,       -- plain: the persona whose name is shown
    first_at BIGINT NOT NULL,       -- plain: first order, or registration
    last_at BIGINT NOT NULL,        -- plain
    orders BIGINT NOT NULL,         -- plain: how many
    personas BIGINT NOT NULL,       -- plain: how many
    PRIMARY KEY (shop_id, id)
) CLUSTERED;

CREATE TABLE tenures (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the number
    customer_id UUID NOT NULL,      -- plain
    from_at BIGINT NOT NULL,        -- plain
    until_at BIGINT,                -- plain: NULL while it lasts
    id UUID NOT NULL,               -- plain
    anchor BIGINT NOT NULL,         -- index: where the persona that shows the number is kept
    persona_id UUID NOT NULL,       -- plain: a persona that holds the number, sealed
    confidence BIGINT NOT NULL,     -- plain: per cent
    evidence TEXT NOT NULL,         -- plain
    last_verified_at BIGINT,        -- plain: when the holder last proved it
    PRIMARY KEY (shop_id, number_key, customer_id, from_at)
) CLUSTERED;
CREATE INDEX tenures_by_customer ON tenures (shop_id, customer_id);

CREATE TABLE numbers (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the number
    kind TEXT NOT NULL,             -- plain: single | shared | recycled | generic
    PRIMARY KEY (shop_id, number_key)
) CLUSTERED;

CREATE TABLE reviews (
    shop_id UUID NOT NULL,          -- plain
    left_persona UUID NOT NULL,     -- plain: stands for the left side
    right_persona UUID NOT NULL,    -- plain: stands for the right side
    kind TEXT NOT NULL,             -- plain
    left_customer UUID NOT NULL,    -- plain
    right_customer UUID NOT NULL,   -- plain
    score BIGINT NOT NULL,          -- plain: decibans
    reasons TEXT NOT NULL,          -- plain: kinds of evidence with weights
    sides TEXT NOT NULL,            -- plain: JSON of persona ids
    PRIMARY KEY (shop_id, left_persona, right_persona, kind)
) CLUSTERED;
