-- Old answers are looked for by age alone, to be forgotten.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
