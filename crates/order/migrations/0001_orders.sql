create table orders (
    id {id},
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    status varchar(20) not null,
    subtotal bigint not null,
    coupon_discount bigint not null,
    points_used bigint not null,
    payable bigint not null,
    currency varchar(3) not null,
    user_coupon_id bigint,
    receiver_name varchar(100) not null,
    receiver_phone varchar(20) not null,
    zip_code varchar(10) not null,
    address1 varchar(255) not null,
    address2 varchar(255),
    pay_by bigint,
    paid_at bigint,
    delivered_at bigint,
    ended_at bigint,
    end_reason varchar(500),
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (order_number)
) {table};

create index orders_of_user on orders (user_id, id);

create index orders_by_time on orders (created_at, id);

create index orders_by_status on orders (status, created_at, id);

create table order_items (
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
) {table};
