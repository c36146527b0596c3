alter table orders add column memo varchar(500);
