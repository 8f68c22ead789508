-- Stronger factors beside the code: passkeys and authenticator apps.
CREATE TABLE account_passkeys (
    shop_id UUID NOT NULL,          -- plain
    credential_key BYTES NOT NULL,  -- index: keyed HMAC-SHA256 of the credential's id
    account_id UUID NOT NULL,       -- plain
    id UUID NOT NULL,               -- plain: how pages name it
    data_key BYTES NOT NULL,        -- key: wrapped by the key-encryption key
    passkey BYTES NOT NULL,         -- sealed: the public key and its counter
    name TEXT NOT NULL,             -- plain: a family of browsers and systems
    created_at BIGINT NOT NULL,     -- plain
    used_at BIGINT NOT NULL,        -- plain
    PRIMARY KEY (shop_id, credential_key)
) CLUSTERED;
CREATE INDEX account_passkeys_by_account ON account_passkeys (shop_id, account_id);

CREATE TABLE account_ceremonies (
    shop_id UUID NOT NULL,          -- plain
    handle_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the handle
    account_id UUID,                -- plain: whose passkey is being made; none when one is being used
    data_key BYTES NOT NULL,        -- key: wrapped by the key-encryption key
    state BYTES NOT NULL,           -- sealed: the challenge
    expires_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, handle_key)
) CLUSTERED;
CREATE INDEX account_ceremonies_by_end ON account_ceremonies (expires_at);

CREATE TABLE account_totp (
    shop_id UUID NOT NULL,          -- plain
    account_id UUID NOT NULL,       -- plain
    data_key BYTES NOT NULL,        -- key: wrapped by the key-encryption key
    secret BYTES NOT NULL,          -- sealed: what the app shares with us
    confirmed_at BIGINT,            -- plain: when the app showed that it has it
    last_step BIGINT NOT NULL,      -- plain: digits of this step and before were used
    created_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, account_id)
) CLUSTERED;
