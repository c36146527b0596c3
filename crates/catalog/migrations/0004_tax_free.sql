-- whether its price contains no value added tax
alter table products add column tax_free bigint not null default 0;
