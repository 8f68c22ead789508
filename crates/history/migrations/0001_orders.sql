-- What was bought, as the sources said it. An order belongs to its persona for ever; whose it is, the links say.
CREATE TABLE orders (
    shop_id UUID NOT NULL,          -- plain
    source TEXT NOT NULL,           -- plain: online | pos | loyalty | app
    order_id TEXT NOT NULL,         -- plain: as the source names it
    anchor BIGINT NOT NULL,         -- index: where the persona is kept
    persona_id UUID NOT NULL,       -- plain
    ordered_at BIGINT NOT NULL,     -- plain
    currency TEXT,                  -- plain: ISO 4217
    amount BIGINT,                  -- plain: minor units, all lines; NULL when no line has one
    lines BIGINT NOT NULL,          -- plain
    status TEXT,                    -- plain
    store TEXT,                     -- plain
    import_id UUID NOT NULL,        -- plain: which import brought it first
    PRIMARY KEY (shop_id, source, order_id)
);
CREATE INDEX orders_by_persona ON orders (anchor, persona_id, ordered_at);

CREATE TABLE order_lines (
    shop_id UUID NOT NULL,          -- plain
    source TEXT NOT NULL,           -- plain
    order_id TEXT NOT NULL,         -- plain
    line BIGINT NOT NULL,           -- plain: 1, 2, 3 … in the order of the file
    number BIGINT,                  -- plain: the line's number in the file, where it has one
    sku TEXT,                       -- plain
    product TEXT,                   -- plain
    category TEXT,                  -- plain
    quantity_milli BIGINT,          -- plain: thousandths
    unit_price BIGINT,              -- plain: minor units
    amount BIGINT,                  -- plain: minor units
    seen_import UUID NOT NULL,      -- plain: the last import that held this line
    PRIMARY KEY (shop_id, source, order_id, line)
) CLUSTERED;

-- Sums by day, kept with every batch, so that the start page needs no walk over all orders.
CREATE TABLE order_days (
    shop_id UUID NOT NULL,          -- plain
    day BIGINT NOT NULL,            -- plain: days since 1970-01-01, UTC
    source TEXT NOT NULL,           -- plain
    currency TEXT NOT NULL,         -- plain: empty when unknown
    orders BIGINT NOT NULL,         -- plain
    lines BIGINT NOT NULL,          -- plain
    amount BIGINT NOT NULL,         -- plain: minor units
    PRIMARY KEY (shop_id, day, source, currency)
) CLUSTERED;
