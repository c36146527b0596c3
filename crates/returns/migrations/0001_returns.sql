create table return_requests (
    id {id},
    return_number varchar(20) not null,
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    kind varchar(10) not null,
    reason varchar(20) not null,
    description varchar(500),
    payer varchar(10) not null,
    fee bigint not null,
    status varchar(20) not null,
    replacement_held bigint not null,
    carrier_note varchar(100),
    refunded bigint,
    points_restored bigint,
    replacement varchar(30),
    end_reason varchar(500),
    approved_at bigint,
    collected_at bigint,
    received_at bigint,
    ended_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (return_number)
) {table};

create index return_requests_of_order on return_requests (order_number);

create index return_requests_of_user on return_requests (user_id, id);

create index return_requests_changed on return_requests (updated_at);

create table return_lines (
    id {id},
    return_id bigint not null,
    line_number bigint not null,
    product_id bigint not null,
    variant_id bigint not null,
    units bigint not null,
    replacement_variant bigint,
    restocked bigint,
    written_off bigint,
    unique (return_id, line_number)
) {table};

create table return_refunds (
    refund_id bigint not null primary key,
    return_id bigint not null
) {table};

create index return_refunds_of_return on return_refunds (return_id);
