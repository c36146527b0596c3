alter table audit_runs add column compared_from bigint;

alter table audit_runs add column compared_to bigint;

-- what could not be checked, and why
alter table audit_runs add column left_out varchar(500);
