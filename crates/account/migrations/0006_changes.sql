-- when a token was made, used or ended: leads the incremental audit to what changed; 0 in a row of an older version
alter table refresh_tokens add column changed_at bigint not null default 0;

create index refresh_tokens_changed on refresh_tokens (changed_at);
