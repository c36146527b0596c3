-- the e-mail as it is compared; null in rows that an older version wrote
alter table users add column email_key varchar(600);
create unique index users_email_identity on users (email_key);
