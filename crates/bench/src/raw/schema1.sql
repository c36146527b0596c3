-- The tables of commit fa2dae0 that an order touches, as its migrations made them on SQLite. They do not change.
create table inventory_snapshots (
    id integer primary key,
    product_id bigint not null,
    variant_id bigint not null,
    location_code varchar(50) not null,
    available bigint not null check (available >= 0),
    reserved bigint not null check (reserved >= 0),
    low_stock_threshold bigint not null check (low_stock_threshold >= 0),
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (variant_id, location_code)
);

create index inventory_snapshots_product on inventory_snapshots (product_id);

create table inventory_events (
    id integer primary key,
    snapshot_id bigint not null,
    aggregate_version bigint not null check (aggregate_version > 0),
    product_id bigint not null,
    variant_id bigint not null,
    location_code varchar(50) not null,
    event_type varchar(20) not null,
    quantity_change bigint not null,
    quantity_after bigint not null,
    reserved_change bigint not null,
    reserved_after bigint not null,
    reference_type varchar(20) not null,
    reference_id varchar(40) not null,
    correlation_id varchar(40) not null,
    change_reason varchar(500),
    performed_by varchar(100) not null,
    occurred_at bigint not null,
    unique (snapshot_id, aggregate_version)
);

create table inventory_reservations (
    order_number varchar(30) not null,
    line_no bigint not null,
    snapshot_id bigint not null,
    user_id varchar(36) not null,
    quantity bigint not null check (quantity > 0),
    state varchar(20) not null,
    reserved_version bigint not null,
    settled_version bigint,
    returned_version bigint,
    reserved_at bigint not null,
    updated_at bigint not null,
    primary key (order_number, line_no)
);

create table orders (
    id integer primary key,
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
);

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
);

create table saga_states (
    id integer primary key,
    saga_id varchar(20) not null unique,
    name varchar(40) not null,
    order_number varchar(30) not null,
    slot bigint not null,
    status varchar(30) not null,
    step varchar(40) not null,
    completed_steps varchar(500) not null,
    memory text not null,
    attempts bigint not null,
    last_error varchar(1000),
    reason varchar(500),
    ended_by varchar(60),
    resolution varchar(600),
    wake_at bigint,
    version bigint not null,
    started_by varchar(60) not null,
    started_at bigint not null,
    completed_at bigint,
    unique (order_number, name, slot)
);

create index saga_states_due on saga_states (status, wake_at);

create table outbox (
    id integer primary key,
    topic varchar(100) not null,
    event_key varchar(100) not null,
    payload text not null,
    trace varchar(64),
    created_at bigint not null
);

create index outbox_key on outbox (event_key);
