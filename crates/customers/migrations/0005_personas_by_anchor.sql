-- An anchor and a content are made with keys of their shop, so they lead to one persona without it. The index that every new persona goes into is a quarter smaller.
LOCK TABLE personas IN ACCESS EXCLUSIVE MODE;
DROP INDEX personas_by_email;
DROP INDEX personas_by_loyalty;
ALTER TABLE personas RENAME TO personas_before;
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
    PRIMARY KEY (anchor, content_key)
);
INSERT INTO personas (shop_id, anchor, content_key, id, number_key, email_key, loyalty_key, wrapped_key, details, plan_version, recorded_at)
    SELECT shop_id, anchor, content_key, id, number_key, email_key, loyalty_key, wrapped_key, details, plan_version, recorded_at FROM personas_before;
DROP TABLE personas_before;
CREATE INDEX personas_by_email ON personas (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX personas_by_loyalty ON personas (loyalty_key) WHERE loyalty_key IS NOT NULL;
