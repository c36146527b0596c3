create table payments (
    id {id},
    payment_number varchar(30) not null,
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    amount bigint not null,
    method varchar(30) not null,
    payment_key varchar(200),
    status varchar(30) not null,
    live_key varchar(30),
    transaction_id varchar(100),
    captured bigint not null,
    refunded bigint not null,
    refund_claimed bigint not null,
    failure_reason varchar(500),
    paid_at bigint,
    ended_at bigint,
    refunded_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (payment_number),
    unique (live_key),
    unique (transaction_id)
) {table};

create index payments_of_order on payments (order_number, id);

create table refunds (
    id {id},
    payment_number varchar(30) not null,
    order_number varchar(30) not null,
    amount bigint not null,
    reason varchar(500) not null,
    status varchar(20) not null,
    transaction_id varchar(100),
    failure_reason varchar(500),
    ended_at bigint,
    created_at bigint not null
) {table};

create index refunds_of_payment on refunds (payment_number, id);

create index refunds_of_order on refunds (order_number, id);
