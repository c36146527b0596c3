create table saga_runs (
    id {id},
    saga_id varchar(20) not null unique,
    name varchar(40) not null,
    family varchar(40) not null,
    subject_kind varchar(40) not null,
    subject_id varchar(60) not null,
    event_key varchar(60) not null,
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
    unique (event_key, family, subject_kind, subject_id)
) {table};

create index saga_runs_due on saga_runs (status, wake_at);
