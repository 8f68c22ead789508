-- Receipts are forgotten by their age.
CREATE INDEX message_receipts_by_time ON message_receipts (received_at);
