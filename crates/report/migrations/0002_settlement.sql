-- leads a settlement to the money that moved on its days
create index mv_payments_captured on mv_payments (captured_at);
create index refunds_ended on refunds (ended_at);
