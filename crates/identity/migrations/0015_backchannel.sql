-- Clients that ask somebody on their phone (OpenID Client-Initiated Backchannel Authentication): what was asked and what was answered.
CREATE TABLE oidc_backchannel (
    shop_id UUID NOT NULL,          -- plain
    request_key BYTES NOT NULL,     -- index: keyed HMAC-SHA256 of the auth_req_id
    client_id UUID NOT NULL,        -- plain
    verification_id UUID NOT NULL,  -- plain: the proof that it waits for
    scope TEXT NOT NULL,            -- plain: separated by blanks
    state TEXT NOT NULL,            -- plain: pending, approved, denied or taken
    account_id UUID,                -- plain: whose account, once approved
    methods TEXT NOT NULL,          -- plain: how the person was proved, separated by blanks
    proved_at BIGINT,               -- plain: when
    pause_seconds BIGINT NOT NULL,  -- plain: how long the client waits between two questions
    asked_at BIGINT,                -- plain: when it asked last
    created_at BIGINT NOT NULL,     -- plain
    expires_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, request_key)
) CLUSTERED;
CREATE INDEX oidc_backchannel_by_verification ON oidc_backchannel (shop_id, verification_id);
CREATE INDEX oidc_backchannel_by_end ON oidc_backchannel (expires_at);
