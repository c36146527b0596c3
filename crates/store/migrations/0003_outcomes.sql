-- every header of the first response, as a JSON object; null in older rows, which have only the location
alter table idempotency_records add column headers {text};

-- 1: the body is a refusal that is rendered for each caller
alter table idempotency_records add column refused bigint;
