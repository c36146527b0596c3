-- The administrator who asked for the buyer; null when the buyer asked.
alter table return_requests add column requested_by varchar(60);
