create table saga_states (
    id {id},
    saga_id varchar(20) not null unique,
    name varchar(40) not null,
    order_number varchar(30) not null,
    slot bigint not null,
    status varchar(30) not null,
    step varchar(40) not null,
    completed_steps varchar(500) not null,
    memory {text} not null,
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
) {table};

create index saga_states_due on saga_states (status, wake_at);

create table gateway_hints (
    hint varchar(64) not null primary key,
    heard_at bigint not null
) {table};

create index gateway_hints_age on gateway_hints (heard_at);
