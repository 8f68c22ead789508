-- The orders of a persona as a table of its own: an import writes it for very many orders at a time, in the order of personas. (An index of `orders` is written with each of them.)
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
CREATE TABLE persona_orders (
    shop_id UUID NOT NULL,          -- plain
    persona_id UUID NOT NULL,       -- plain
    ordered_at BIGINT NOT NULL,     -- plain
    source TEXT NOT NULL,           -- plain
    order_id TEXT NOT NULL,         -- plain
    PRIMARY KEY (persona_id, ordered_at, source, order_id)
) CLUSTERED;
INSERT INTO persona_orders (shop_id, persona_id, ordered_at, source, order_id)
    SELECT shop_id, persona_id, ordered_at, source, order_id FROM orders ORDER BY persona_id, ordered_at, source, order_id;
DROP INDEX orders_of_persona;

-- Imports that have not said yet that all of their orders are in it.
CREATE TABLE unplaced_imports (
    shop_id UUID NOT NULL,          -- plain
    source TEXT NOT NULL,           -- plain
    import_id UUID NOT NULL,        -- plain
    PRIMARY KEY (shop_id, source, import_id)
) CLUSTERED;
