create table audit_runs (
    id {id},
    asked_by varchar(60) not null,
    started_at bigint not null,
    finished_at bigint not null,
    violations bigint not null,
    report {text} not null
) {table};
