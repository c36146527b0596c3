alter table payments add column method_sent varchar(30);
