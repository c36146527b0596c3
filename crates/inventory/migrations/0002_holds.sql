create table inventory_holds (
    purpose varchar(20) not null,
    holder bigint not null,
    snapshot_id bigint not null,
    units bigint not null check (units >= 0),
    released bigint not null check (released >= 0),
    updated_at bigint not null,
    primary key (purpose, holder, snapshot_id)
) {table};

create index inventory_holds_snapshot on inventory_holds (snapshot_id);
