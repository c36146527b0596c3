-- leads the incremental audit to the carts that changed, and the deletion of old carts to the oldest ones
create index carts_changed on carts (updated_at);
