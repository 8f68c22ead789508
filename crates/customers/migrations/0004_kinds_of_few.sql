-- A number that one customer holds has its tenure, which says so; only what is otherwise is kept beside. (An entry for every number was one more place to write
-- for every new one.)
DELETE FROM numbers WHERE kind = 'single'
    AND EXISTS (SELECT 1 FROM tenures t WHERE t.shop_id = numbers.shop_id AND t.number_key = numbers.number_key);
