-- Facts: numbers read anew. A persona is never rewritten, so what a newer numbering plan makes of its number is said here; the newest row of a persona
-- counts. Kept beside the persona; found from the number as it is now, too.
CREATE TABLE rereadings (
    shop_id UUID NOT NULL,          -- plain
    anchor BIGINT NOT NULL,         -- index: where the persona is kept
    persona_id UUID NOT NULL,       -- plain
    recorded_at BIGINT NOT NULL,    -- plain
    current_anchor BIGINT NOT NULL, -- index: first 8 bytes of current_key
    current_key BYTES NOT NULL,     -- index: keyed HMAC-SHA256 of the number as its plan writes it now
    current_content BYTES NOT NULL, -- index: keyed HMAC-SHA256 over all details with that number: what a source that writes it so is known by
    cause TEXT NOT NULL,            -- plain: the change of a plan, `plan` for digits read anew, `withdrawn` for a change that holds no more
    plan_version TEXT NOT NULL,     -- plain: version of the numbering-plan data that read it
    PRIMARY KEY (shop_id, anchor, persona_id, recorded_at)
) CLUSTERED;
CREATE INDEX rereadings_by_current ON rereadings (current_anchor, current_content);

-- Runs over all numbers of a shop.
CREATE TABLE renormalisations (
    shop_id UUID NOT NULL,          -- plain
    id UUID NOT NULL,               -- plain
    state TEXT NOT NULL,            -- plain: queued | running | linking | done | failed
    plan_version TEXT NOT NULL,     -- plain: by what it reads
    after_anchor BIGINT NOT NULL,   -- index: where it is: the anchor of the last persona that was read
    after_content BYTES NOT NULL,   -- index: and its content
    records_total BIGINT NOT NULL,  -- plain: how many there were to read when it began
    outcome TEXT NOT NULL,          -- plain: JSON of counts
    fault TEXT,                     -- plain: JSON of code and sentence
    holder TEXT,                    -- plain: the process that runs it
    created_at BIGINT NOT NULL,     -- plain
    finished_at BIGINT,             -- plain
    PRIMARY KEY (shop_id, id)
) CLUSTERED;
