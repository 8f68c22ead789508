-- Proofs are kept in the order of time, and found by their number through an index: a page of new ones is written once for all that begin together, and once
-- more for all that end together. The number's key stays part of the key.
ALTER TABLE verifications RENAME TO verifications_by_place;
CREATE TABLE verifications (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    wrapped_key BYTES NOT NULL,     -- key: the data key, wrapped
    details BYTES NOT NULL,         -- sealed: the number and what is being approved
    part TEXT NOT NULL,             -- plain: the country, or the calling code of no country
    purpose TEXT NOT NULL,          -- plain
    channel TEXT NOT NULL,          -- plain: sms | voice | whatsapp
    language TEXT NOT NULL,         -- plain
    origin TEXT,                    -- plain: the host that an SMS is bound to
    link TEXT,                      -- plain: the address of the page that the link opens, without its secret, which is kept nowhere; none when a code is asked for
    digits BIGINT NOT NULL,         -- plain: how many the code has
    customer_id UUID,               -- plain: whose proof it is to be, or was found to be
    device_id UUID,                 -- plain: of the cookie that asked
    state TEXT NOT NULL,            -- plain: pending | approved | vouched | canceled | used_up; pending past its time has expired
    sends BIGINT NOT NULL,          -- plain: how often the code was sent
    guesses BIGINT NOT NULL,        -- plain: how many were looked at
    created_at BIGINT NOT NULL,     -- plain
    expires_at BIGINT NOT NULL,     -- plain
    ended_at BIGINT,                -- plain
    sent_at BIGINT,                 -- plain: the last time
    story TEXT NOT NULL,            -- plain: JSON of what happened, by whom and why
    PRIMARY KEY (shop_id, id, number_key)
) CLUSTERED;
INSERT INTO verifications (shop_id, id, number_key, wrapped_key, details, part, purpose, channel, language, origin, link, digits, customer_id, device_id, state,
                           sends, guesses, created_at, expires_at, ended_at, sent_at, story)
SELECT shop_id, id, number_key, wrapped_key, details, part, purpose, channel, language, origin, link, digits, customer_id, device_id, state,
       sends, guesses, created_at, expires_at, ended_at, sent_at, story
FROM verifications_by_place ORDER BY shop_id, id;
DROP TABLE verifications_by_place;
CREATE INDEX verifications_by_number ON verifications (shop_id, number_key, id);
ALTER TABLE verifications SET (fillfactor = 60);
ALTER TABLE verification_numbers SET (fillfactor = 60);
