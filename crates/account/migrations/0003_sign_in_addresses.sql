create table sign_in_attempts (
    email varchar(254) not null,
    address varchar(45) not null,
    failures bigint not null,
    since bigint not null,
    primary key (email, address)
) {table};

create index sign_in_attempts_since on sign_in_attempts (since);

create table sign_in_addresses (
    user_id varchar(36) not null,
    address varchar(45) not null,
    seen_at bigint not null,
    primary key (user_id, address)
) {table};

create index sign_in_addresses_seen on sign_in_addresses (seen_at);

drop table if exists sign_in_failures;
