-- 1: it looked at every row; null in reports of an older version, which did
alter table audit_runs add column full_pass bigint;

-- where the rows ended when it began, if everything was in order: the next audit begins there
alter table audit_runs add column mark {text};

create table audit_progress (
    asked_by varchar(60) not null primary key,
    started_at bigint not null,
    saved_at bigint not null,
    position {text} not null
) {table};
