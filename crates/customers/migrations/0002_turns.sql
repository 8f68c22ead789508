-- Marked anchors are linked in the order of their oldest personas, because customers, links and tenures are kept in that order: a pass over many then writes each page
-- once. What was marked before goes first.
CREATE TABLE unlinked_anchors (
    shop_id UUID NOT NULL,          -- plain
    anchor BIGINT NOT NULL,         -- index: first 8 bytes of a keyed index
    turn UUID NOT NULL,             -- plain: a persona of the anchor, by whose age it has its turn
    marks BIGINT NOT NULL,          -- plain: how often since; linking takes away only what it has seen
    PRIMARY KEY (shop_id, anchor)
) CLUSTERED;
CREATE INDEX unlinked_anchors_in_turn ON unlinked_anchors (shop_id, turn, anchor);
INSERT INTO unlinked_anchors (shop_id, anchor, turn, marks) SELECT shop_id, anchor, shop_id, marks FROM unlinked;
DROP TABLE unlinked;
