-- An order may have several parcels. On SQLite a table loses a unique key only when it is made anew; servers drop it.
{sqlite: alter table deliveries rename to deliveries_before};

{sqlite: create table deliveries (
    id integer primary key,
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
    returned_by_hand bigint not null default 0,
    memo varchar(500),
    unique (tracking_number)
)};

{sqlite: insert into deliveries select id, tracking_number, order_number, user_id, status, carrier, receiver_name,
    receiver_phone, zip_code, address1, address2, estimated_at, delivered_at, created_at, updated_at, version,
    returned_by_hand, memo from deliveries_before order by id};

{sqlite: drop table if exists deliveries_before};

-- counts from 1 within the order
alter table deliveries add column parcel_number bigint not null default 1;

-- ORDER: goods of the order; EXCHANGE: a replacement for goods that came back
alter table deliveries add column purpose varchar(10) not null default 'ORDER';

alter table deliveries add column carrier_code varchar(20);

alter table deliveries add column carrier_number varchar(30);

create unique index deliveries_parcel on deliveries (order_number, parcel_number);

{drop unique: order_number on deliveries};

-- what is in a parcel; the first parcel of an order has no rows here: it has what no other parcel has
create table delivery_lines (
    delivery_id bigint not null,
    line_number bigint not null,
    units bigint not null,
    primary key (delivery_id, line_number)
) {clustered};
