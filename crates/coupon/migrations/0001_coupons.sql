create table coupons (
    id {id},
    code varchar(50) not null,
    code_key varchar(100) not null,
    name varchar(100) not null,
    description {text},
    discount_type varchar(20) not null,
    discount_value bigint not null,
    minimum_order bigint,
    maximum_discount bigint,
    total_quantity bigint not null,
    issued_quantity bigint not null,
    listed bigint not null,
    starts_at bigint not null,
    expires_at bigint not null,
    deactivated_at bigint,
    seller_id varchar(36),
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (code_key)
) {table};

create index coupons_by_expiry on coupons (expires_at, id);

create table user_coupons (
    id {id},
    coupon_id bigint not null,
    user_id varchar(36) not null,
    issued_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    order_number varchar(30),
    unique (coupon_id, user_id)
) {table};

create index user_coupons_of_user on user_coupons (user_id, id);
