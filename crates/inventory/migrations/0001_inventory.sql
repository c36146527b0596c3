create table inventory_snapshots (
    id {id},
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
) {table};

create index inventory_snapshots_product on inventory_snapshots (product_id);

create table inventory_events (
    id {id},
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
) {table};

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
) {table};
