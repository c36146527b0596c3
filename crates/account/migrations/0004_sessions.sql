create table sessions (
    family varchar(36) not null primary key,
    user_id varchar(36) not null,
    address varchar(45) not null,
    device varchar(200),
    created_at bigint not null,
    used_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
) {table};

create index sessions_user on sessions (user_id);

create index sessions_expiry on sessions (expires_at);

insert into sessions (family, user_id, address, created_at, used_at, expires_at, ended_at)
    select family, user_id, '', min(created_at), max(created_at), max(expires_at), max(ended_at)
    from refresh_tokens group by family, user_id;

create table one_time_tokens (
    token_hash varchar(64) not null primary key,
    purpose varchar(20) not null,
    email varchar(254) not null,
    user_id varchar(36),
    created_at bigint not null,
    expires_at bigint not null
) {table};

create index one_time_tokens_email on one_time_tokens (email, purpose);

create index one_time_tokens_expiry on one_time_tokens (expires_at);

alter table users add column email_verified_at bigint;
