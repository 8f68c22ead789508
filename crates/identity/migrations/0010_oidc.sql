-- Sign-in for other programs: clients, signing keys, what was asked, granted and handed out.
CREATE TABLE oidc_clients (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain: the client_id
    name TEXT NOT NULL,             -- plain: how people read it
    kind TEXT NOT NULL,             -- plain: confidential or public
    secret_key BYTES,               -- index: keyed HMAC-SHA256 of the secret; none for a public client
    settings TEXT NOT NULL,         -- plain: JSON of addresses and scopes
    created_at BIGINT NOT NULL,     -- plain
    removed_at BIGINT,              -- plain
    PRIMARY KEY (shop_id, id)
) CLUSTERED;

CREATE TABLE oidc_keys (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain: the kid
    data_key BYTES NOT NULL,        -- key: wrapped by the key-encryption key
    private BYTES NOT NULL,         -- sealed: PKCS#8 of the P-256 key
    public BYTES NOT NULL,          -- plain: the point, uncompressed
    created_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, id)
) CLUSTERED;

CREATE TABLE oidc_requests (
    shop_id UUID NOT NULL,          -- plain
    request_key BYTES NOT NULL,     -- index: keyed HMAC-SHA256 of the handle
    client_id UUID NOT NULL,        -- plain
    pushed BOOL NOT NULL,           -- plain: sent by the client itself and not yet taken up by a browser
    data_key BYTES NOT NULL,        -- key: wrapped by the key-encryption key
    request BYTES NOT NULL,         -- sealed: JSON of what was asked; may name a number
    created_at BIGINT NOT NULL,     -- plain
    expires_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, request_key)
) CLUSTERED;
CREATE INDEX oidc_requests_by_end ON oidc_requests (expires_at);

CREATE TABLE oidc_grants (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain: the family of all tokens that came of one sign-in
    client_id UUID NOT NULL,        -- plain
    account_id UUID NOT NULL,       -- plain
    session_id UUID NOT NULL,       -- plain
    scope TEXT NOT NULL,            -- plain: separated by blanks
    methods TEXT NOT NULL,          -- plain: how the person was proved, separated by blanks
    proved_at BIGINT NOT NULL,      -- plain: when
    created_at BIGINT NOT NULL,     -- plain
    ended_at BIGINT,                -- plain
    ended_why TEXT,                 -- plain: signed_out, revoked, code_reused, token_reused, client_removed
    PRIMARY KEY (shop_id, id)
) CLUSTERED;
CREATE INDEX oidc_grants_by_account ON oidc_grants (shop_id, account_id);
CREATE INDEX oidc_grants_by_session ON oidc_grants (shop_id, session_id);

CREATE TABLE oidc_codes (
    shop_id UUID NOT NULL,          -- plain
    code_key BYTES NOT NULL,        -- index: keyed HMAC-SHA256 of the code
    grant_id UUID NOT NULL,         -- plain
    redirect_uri TEXT NOT NULL,     -- plain: must be the same when the code is exchanged
    challenge TEXT NOT NULL,        -- plain: S256 of the client's verifier
    nonce TEXT,                     -- plain: chance of the client
    created_at BIGINT NOT NULL,     -- plain
    expires_at BIGINT NOT NULL,     -- plain
    used_at BIGINT,                 -- plain
    PRIMARY KEY (shop_id, code_key)
) CLUSTERED;
CREATE INDEX oidc_codes_by_end ON oidc_codes (expires_at);

CREATE TABLE oidc_tokens (
    shop_id UUID NOT NULL,          -- plain
    token_key BYTES NOT NULL,       -- index: keyed HMAC-SHA256 of the token
    kind TEXT NOT NULL,             -- plain: access or refresh
    grant_id UUID NOT NULL,         -- plain
    scope TEXT NOT NULL,            -- plain: separated by blanks
    created_at BIGINT NOT NULL,     -- plain
    expires_at BIGINT NOT NULL,     -- plain
    used_at BIGINT,                 -- plain: when a refresh token was exchanged
    revoked_at BIGINT,              -- plain
    PRIMARY KEY (shop_id, token_key)
) CLUSTERED;
CREATE INDEX oidc_tokens_by_end ON oidc_tokens (expires_at);
CREATE INDEX oidc_tokens_by_grant ON oidc_tokens (shop_id, grant_id);
