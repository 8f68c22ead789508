-- What comes back of what is sent for an address: one that wastes codes is stopped by itself, before it stops a country.
ALTER TABLE verification_addresses ADD COLUMN sent BIGINT NOT NULL DEFAULT 0;     -- plain: sends to numbers that never succeeded
ALTER TABLE verification_addresses ADD COLUMN approved BIGINT NOT NULL DEFAULT 0; -- plain: how many such numbers did
