create table time_deals (
    id {id},
    name varchar(100) not null,
    description {text},
    starts_at bigint not null,
    ends_at bigint not null,
    held_apart bigint not null,
    started_at bigint,
    closed_at bigint,
    closed_as varchar(20),
    seller_id varchar(36),
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null
) {table};

create index time_deals_open on time_deals (closed_at, ends_at);

create table time_deal_products (
    id {id},
    deal_id bigint not null,
    product_id bigint not null,
    variant_id bigint not null,
    deal_price bigint not null,
    deal_quantity bigint not null,
    sold_quantity bigint not null check (sold_quantity >= 0),
    max_per_user bigint not null,
    opens_at bigint not null,
    closes_at bigint not null,
    unique (deal_id, variant_id)
) {table};

create index time_deal_products_product on time_deal_products (product_id);

create table time_deal_purchases (
    id {id},
    deal_product_id bigint not null,
    user_id varchar(36) not null,
    order_number varchar(30) not null,
    product_name varchar(255) not null,
    quantity bigint not null check (quantity > 0),
    unit_price bigint not null,
    purchased_at bigint not null,
    returned_at bigint,
    unique (order_number)
) {table};

create index time_deal_purchases_of_user on time_deal_purchases (user_id, id);

create index time_deal_purchases_of_product on time_deal_purchases (deal_product_id);

create table time_deal_allowances (
    deal_product_id bigint not null,
    user_id varchar(36) not null,
    units bigint not null check (units >= 0),
    primary key (deal_product_id, user_id)
) {table};
