-- what lists are sorted by: the range of what one unit costs, and the sort key of the name
alter table products add column lowest_price bigint not null default 0;
alter table products add column highest_price bigint not null default 0;
alter table products add column name_key varchar(600) not null default '';
update products set
    lowest_price = current_price + coalesce((select min(v.price_adjustment) from product_variants v
        where v.product_id = products.id and v.status = 'ACTIVE'), 0),
    highest_price = current_price + coalesce((select max(v.price_adjustment) from product_variants v
        where v.product_id = products.id and v.status = 'ACTIVE'), 0);
create index products_lowest on products (status, lowest_price, id);
create index products_highest on products (status, highest_price, id);
create index products_sorted on products (status, name_key, id);
{drop index: products_price on products};
{drop index: products_name on products};

-- identities as they are compared; null in rows of older shops whose identity an older row has
alter table products add column sku_key varchar(300);
alter table product_variants add column sku_key varchar(300);
alter table categories add column name_key varchar(300);
create unique index products_sku_identity on products (sku_key);
create unique index product_variants_sku_identity on product_variants (sku_key);
create unique index categories_name_identity on categories (parent_id, name_key);
