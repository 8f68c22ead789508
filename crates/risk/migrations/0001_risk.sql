-- What was assessed, what was found, and what was decided for which reasons.
CREATE TABLE risk_assessments (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    id UUID NOT NULL,               -- plain
    wrapped_key BYTES NOT NULL,     -- key: the data key, wrapped
    number BYTES NOT NULL,          -- sealed: the number
    purpose TEXT NOT NULL,          -- plain
    channel TEXT,                   -- plain: sms | voice | whatsapp, where a code was to go
    decision TEXT NOT NULL,         -- plain: allow | challenge | review | deny
    score BIGINT NOT NULL,          -- plain
    findings TEXT NOT NULL,         -- plain: JSON of signals, what was found, why not, when it happened, when it was asked
    reasons TEXT NOT NULL,          -- plain: JSON of the rules that held, with their words
    rules_version BIGINT NOT NULL,  -- plain: 0 for the rules that come with the program
    actor TEXT NOT NULL,            -- plain: who asked, as the audit trail names them
    created_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, number_key, id)
) CLUSTERED;
CREATE INDEX risk_assessments_by_id ON risk_assessments (shop_id, id);

-- Answers of operators that serve again for a while.
CREATE TABLE risk_findings (
    shop_id UUID NOT NULL,          -- plain
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    signal TEXT NOT NULL,           -- plain
    day BIGINT NOT NULL,            -- plain: days since 1970 that the question went by, 0 if by none
    finding TEXT NOT NULL,          -- plain: yes | no | unknown
    why TEXT,                       -- plain: why it is unknown
    happened_at BIGINT,             -- plain
    asked_at BIGINT NOT NULL,       -- plain
    expires_at BIGINT NOT NULL,     -- plain: serves until then
    PRIMARY KEY (shop_id, number_key, signal, day)
) CLUSTERED;
CREATE INDEX risk_findings_by_end ON risk_findings (expires_at);

-- Who asked about which numbers, by hour.
CREATE TABLE risk_marks (
    shop_id UUID NOT NULL,          -- plain
    subject_key BYTES NOT NULL,     -- index: keyed HMAC-SHA256 of a number, network address, device or place of delivery
    hour BIGINT NOT NULL,           -- plain: hours since 1970
    number_key BYTES NOT NULL,      -- index: keyed HMAC-SHA256 of the E.164 number
    times BIGINT NOT NULL,          -- plain
    PRIMARY KEY (shop_id, subject_key, hour, number_key)
) CLUSTERED;
CREATE INDEX risk_marks_by_hour ON risk_marks (hour);

-- The rules that a shop has written; each change is a new version, and none is ever changed.
CREATE TABLE risk_rules (
    shop_id UUID NOT NULL,          -- plain
    version BIGINT NOT NULL,        -- plain: from 1
    rules TEXT NOT NULL,            -- plain: JSON
    actor TEXT NOT NULL,            -- plain
    created_at BIGINT NOT NULL,     -- plain
    PRIMARY KEY (shop_id, version)
) CLUSTERED;
