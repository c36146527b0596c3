create table outbox (
    id {id},
    topic varchar(100) not null,
    event_key varchar(100) not null,
    payload {text} not null,
    trace varchar(64),
    created_at bigint not null
) {table};

create index outbox_key on outbox (event_key);

create table consumer_positions (
    consumer varchar(60) not null primary key,
    position bigint not null
) {table};

create table parked_events (
    id {id},
    consumer varchar(60) not null,
    event_id bigint not null,
    topic varchar(100) not null,
    event_key varchar(100) not null,
    payload {text} not null,
    occurred_at bigint not null,
    attempts bigint not null,
    status varchar(20) not null,
    try_at bigint not null,
    last_error varchar(1000),
    parked_at bigint not null,
    unique (consumer, event_id)
) {table};

create index parked_events_due on parked_events (status, try_at);

create table idempotency_records (
    scope varchar(64) not null,
    idem_key varchar(255) not null,
    request_hash varchar(64) not null,
    status bigint,
    location varchar(500),
    body {text},
    reference varchar(100),
    created_at bigint not null,
    primary key (scope, idem_key)
) {table};

create index idempotency_records_age on idempotency_records (created_at);

create table store_probe (
    id bigint not null primary key,
    written_at bigint not null
) {table};
