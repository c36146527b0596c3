create table users (
    id varchar(36) not null primary key,
    email varchar(254) not null,
    password_hash varchar(200) not null,
    nickname varchar(50) not null,
    real_name varchar(100),
    marketing_agree bigint not null,
    roles varchar(60) not null,
    status varchar(20) not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (email)
) {table};

create table refresh_tokens (
    id {id},
    token_hash varchar(64) not null,
    family varchar(36) not null,
    user_id varchar(36) not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    ended_at bigint,
    unique (token_hash)
) {table};

create index refresh_tokens_family on refresh_tokens (family);

create index refresh_tokens_user on refresh_tokens (user_id);

create index refresh_tokens_expiry on refresh_tokens (expires_at);

create table user_addresses (
    id {id},
    user_id varchar(36) not null,
    label varchar(50),
    receiver_name varchar(100) not null,
    receiver_phone varchar(20) not null,
    zip_code varchar(10) not null,
    address1 varchar(255) not null,
    address2 varchar(255),
    is_default bigint not null,
    created_at bigint not null,
    updated_at bigint not null
) {table};

create index user_addresses_user on user_addresses (user_id);

create table sign_in_failures (
    email varchar(254) not null primary key,
    failures bigint not null,
    since bigint not null
) {table};
