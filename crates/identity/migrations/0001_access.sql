-- Who may come in: shops, their staff, their programs.
CREATE TABLE shops (
    id UUID NOT NULL,               -- plain
    slug TEXT NOT NULL,             -- plain: how commands name it
    name TEXT NOT NULL,             -- plain: how people read it
    created_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (slug)
) CLUSTERED;

CREATE TABLE staff (
    shop_id UUID NOT NULL,          -- plain
    login TEXT NOT NULL,            -- plain: chosen by the shop, lower case
    id UUID NOT NULL,               -- plain
    name TEXT NOT NULL,             -- plain: how colleagues read it
    role TEXT NOT NULL,             -- plain
    password TEXT NOT NULL,         -- key: argon2id, PHC string
    failures BIGINT NOT NULL,       -- plain: wrong passwords in a row
    locked_until BIGINT NOT NULL,   -- plain: 0 when open
    created_at BIGINT NOT NULL,     -- plain
    disabled_at BIGINT,             -- plain
    PRIMARY KEY (shop_id, login)
) CLUSTERED;

CREATE TABLE staff_sessions (
    token_key BYTES NOT NULL,       -- index: keyed HMAC-SHA256 of the cookie's token
    shop_id UUID NOT NULL,          -- plain
    login TEXT NOT NULL,            -- plain
    created_at BIGINT NOT NULL,     -- plain
    seen_at BIGINT NOT NULL,        -- plain
    PRIMARY KEY (token_key)
) CLUSTERED;

CREATE TABLE api_keys (
    secret_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the secret
    id UUID NOT NULL,               -- plain
    shop_id UUID NOT NULL,          -- plain
    name TEXT NOT NULL,             -- plain
    scopes TEXT NOT NULL,           -- plain: separated by blanks
    created_at BIGINT NOT NULL,     -- plain
    revoked_at BIGINT,              -- plain
    PRIMARY KEY (secret_key)
) CLUSTERED;
CREATE INDEX api_keys_by_shop ON api_keys (shop_id, id);
