-- how far each instance is with the rebuild of its index that an administrator asked for last
create table search_rebuilds (
    instance varchar(40) not null primary key,
    asked_at bigint not null,
    done bigint not null,
    products bigint not null,
    finished_at bigint,
    seen_at bigint not null
) {table};

create index search_rebuilds_seen on search_rebuilds (seen_at);
