create table deliveries (
    id {id},
    tracking_number varchar(30) not null,
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    status varchar(20) not null,
    carrier varchar(50) not null,
    receiver_name varchar(100) not null,
    receiver_phone varchar(20) not null,
    zip_code varchar(10) not null,
    address1 varchar(255) not null,
    address2 varchar(255),
    estimated_at bigint not null,
    delivered_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (tracking_number),
    unique (order_number)
) {table};

create table delivery_history (
    delivery_id bigint not null,
    entry_number bigint not null,
    status varchar(20) not null,
    location varchar(255),
    description varchar(500),
    at_time bigint not null,
    primary key (delivery_id, entry_number)
) {table};
