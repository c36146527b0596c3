create table carts (
    id {id},
    user_id varchar(36) not null,
    status varchar(20) not null,
    active_key varchar(36),
    order_number varchar(30),
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (active_key)
) {table};

create index carts_user on carts (user_id, id);

create table cart_items (
    id {id},
    cart_id bigint not null,
    product_id bigint not null,
    variant_id bigint not null,
    product_name varchar(255) not null,
    price bigint not null check (price >= 0),
    quantity bigint not null check (quantity > 0),
    added_at bigint not null,
    unique (cart_id, variant_id)
) {table};
