-- Orders that were placed elsewhere: by which sales channel, and under which number there.
create table channel_orders (
    channel_key varchar(100) not null,
    number_key varchar(150) not null,
    channel varchar(50) not null,
    number varchar(100) not null,
    order_number varchar(30) not null,
    content varchar(64) not null,
    gift_reason varchar(500),
    buyer_name varchar(100),
    buyer_email varchar(254),
    created_at bigint not null,
    primary key (channel_key, number_key),
    unique (order_number)
) {table};
