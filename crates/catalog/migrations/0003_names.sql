-- names that products own and brands, as they are compared; null in rows that an older version wrote
alter table products add column held_key varchar(600);
alter table products add column brand_key varchar(300);
create unique index products_held_identity on products (held_key);
create index products_brand_identity on products (brand_key);
{drop index: products_brand on products};
