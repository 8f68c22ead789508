-- What sign-in leaves behind is forgotten by its age.
CREATE INDEX oidc_grants_by_end ON oidc_grants (ended_at);
CREATE INDEX oidc_grants_by_beginning ON oidc_grants (created_at);
CREATE INDEX account_sessions_by_beginning ON account_sessions (created_at);
CREATE INDEX account_devices_by_use ON account_devices (seen_at);
