-- Lines are read by their order, so they lie in the order of their key. On SQLite that needs another table; servers have it so.
{sqlite: alter table order_items rename to order_items_before};

{sqlite: create table order_items (
    order_id bigint not null,
    line_number bigint not null,
    product_id bigint not null,
    variant_id bigint not null,
    sku varchar(100) not null,
    product_name varchar(255) not null,
    variant_name varchar(255),
    unit_price bigint not null,
    quantity bigint not null,
    subtotal bigint not null,
    primary key (order_id, line_number)
) without rowid};

{sqlite: insert into order_items select * from order_items_before order by order_id, line_number};

{sqlite: drop table if exists order_items_before};
