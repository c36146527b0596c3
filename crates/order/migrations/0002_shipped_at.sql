alter table orders add column shipped_at bigint;
