-- What an index leaves out is said without a list: SQLite builds a table of its own for a list of more than two, each time that a row is written or its state changes.
DROP INDEX messages_in_trouble;
CREATE INDEX messages_in_trouble ON messages (shop_id, state, id)
WHERE state = 'undelivered' OR state = 'failed' OR state = 'expired' OR state = 'unknown';
