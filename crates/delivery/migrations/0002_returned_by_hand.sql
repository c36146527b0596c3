-- 1: it came back before the program returned the goods of such a parcel to stock; people did that with adjustments
alter table deliveries add column returned_by_hand bigint not null default 0;

update deliveries set returned_by_hand = 1 where status = 'RETURNED';
