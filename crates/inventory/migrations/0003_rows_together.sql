-- Reservations are read by their order, so they lie in the order of their key. On SQLite that needs another table; servers
-- have it so.
{sqlite: alter table inventory_reservations rename to inventory_reservations_before};

{sqlite: create table inventory_reservations (
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
) without rowid};

{sqlite: insert into inventory_reservations
    select * from inventory_reservations_before order by order_number, line_no};

{sqlite: drop table if exists inventory_reservations_before};
