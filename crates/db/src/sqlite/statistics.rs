//! What SQLite's planner is told of the tables.
//!
//! Left alone, it takes any first column of an index to leave ten rows. In this schema the first column is nearly always the shop, which leaves all of them: of two indexes
//! that begin with it, the planner would walk through the whole table by one although the other names the row. So each index that begins with the shop gets a figure for
//! that, and SQLite's own guesses for the columns after it. They are the same for every database, empty or full, so that plans never depend on when somebody last counted.

/// Figures for the indexes of the schema as it is. This connection reads them at the end; a change of the schema makes the others read them.
pub(crate) const TELL: &str = "
    ANALYZE sqlite_schema;
    DELETE FROM sqlite_stat1;
    INSERT INTO sqlite_stat1 (tbl, idx, stat)
    SELECT tbl, idx,
           rows || ' ' || CASE
               WHEN is_unique AND columns = 1 THEN '1'
               WHEN is_unique THEN rows || substr(' 9 8 7 6 5 5 5 5 5 5', 1, 2 * (columns - 2)) || ' 1'
               ELSE rows || substr(' 9 8 7 6 5 5 5 5 5 5', 1, 2 * (columns - 1))
           END
    FROM (SELECT t.name AS tbl,
                 CASE WHEN t.wr AND l.origin = 'pk' THEN t.name ELSE l.name END AS idx,
                 CASE WHEN l.partial THEN 1000 ELSE 1000000 END AS rows,
                 l.\"unique\" AS is_unique,
                 (SELECT COUNT(*) FROM pragma_index_info(l.name)) AS columns,
                 (SELECT name FROM pragma_index_info(l.name) WHERE seqno = 0) AS first
          FROM pragma_table_list AS t JOIN pragma_index_list(t.name) AS l
          WHERE t.schema = 'main' AND t.type = 'table')
    WHERE first = 'shop_id';
    CREATE TABLE figures_told (figure INTEGER) STRICT;
    DROP TABLE figures_told;
    ANALYZE sqlite_schema;
";
