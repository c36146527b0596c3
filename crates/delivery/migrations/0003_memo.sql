alter table deliveries add column memo varchar(500);
