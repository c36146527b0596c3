create table leases (
    name varchar(60) not null primary key,
    holder varchar(60) not null,
    fence bigint not null,
    beat bigint not null
) {table};

-- apart from the beat, which must not wait for those who have made sure of the fence
create table lease_fences (
    name varchar(60) not null primary key,
    fence bigint not null
) {table};

{servers: alter table outbox add column position bigint};

{servers: create unique index outbox_position on outbox (position)};
