alter table refresh_tokens add column successor_salt varchar(64);
