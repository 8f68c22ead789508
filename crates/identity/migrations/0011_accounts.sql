-- Shoppers who sign in: their accounts, sessions and devices.
CREATE TABLE accounts (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain: the subject that clients see
    customer_id UUID NOT NULL,      -- plain: whose account it is
    data_key BYTES NOT NULL,        -- key: wrapped by the key-encryption key
    number BYTES NOT NULL,          -- sealed: E.164 of the number that was proved last
    number_key BYTES,               -- index: keyed HMAC-SHA256 of the number; none when somebody else holds it now
    number_since BIGINT NOT NULL,   -- plain: since when the account has this number
    proved_at BIGINT NOT NULL,      -- plain: when the number was proved last
    password TEXT,                  -- key: argon2id, PHC string
    failures BIGINT NOT NULL,       -- plain: wrong passwords or one-time passwords in a row
    locked_until BIGINT NOT NULL,   -- plain: 0 when open
    language TEXT NOT NULL,         -- plain: of the pages that were used last
    created_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, id)
) CLUSTERED;
CREATE UNIQUE INDEX accounts_by_number ON accounts (shop_id, number_key);
CREATE INDEX accounts_by_customer ON accounts (shop_id, customer_id);

CREATE TABLE account_sessions (
    shop_id UUID NOT NULL,          -- plain
    token_key BYTES NOT NULL,       -- index: keyed HMAC-SHA256 of the cookie's token
    id UUID NOT NULL,               -- plain: the sid that clients see
    account_id UUID NOT NULL,       -- plain
    device_id UUID NOT NULL,        -- plain
    browser TEXT NOT NULL,          -- plain: a family of browsers and systems, never the whole header
    methods TEXT NOT NULL,          -- plain: how the person was proved, separated by blanks
    proved_at BIGINT NOT NULL,      -- plain: when
    waiting BOOL NOT NULL,          -- plain: a second factor is still to come
    created_at BIGINT NOT NULL,     -- plain
    seen_at BIGINT NOT NULL,        -- plain
    ended_at BIGINT,                -- plain
    PRIMARY KEY (shop_id, token_key)
) CLUSTERED;
CREATE INDEX account_sessions_by_account ON account_sessions (shop_id, account_id);

CREATE TABLE account_devices (
    shop_id UUID NOT NULL,          -- plain
    account_id UUID NOT NULL,       -- plain
    device_id UUID NOT NULL,        -- plain: chance that a signed cookie holds
    browser TEXT NOT NULL,          -- plain: a family of browsers and systems
    first_seen_at BIGINT NOT NULL,  -- plain
    seen_at BIGINT NOT NULL,        -- plain
    PRIMARY KEY (shop_id, account_id, device_id)
) CLUSTERED;
