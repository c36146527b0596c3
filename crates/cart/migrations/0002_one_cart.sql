-- A buyer has one cart, which keeps its key until an order comes from it. The first release took the key at the checkout, so a
-- buyer could have several carts that waited for an order. The newest of them becomes the buyer's cart, unless an ACTIVE one
-- has lines. The others stay without a key; an order can still name them, until they are deleted.
update carts set status = 'CHECKED_OUT', active_key = null
    where status = 'ACTIVE'
      and not exists (select 1 from cart_items i where i.cart_id = carts.id)
      and user_id in (select w.user_id from (select user_id from carts
                       where status = 'CHECKED_OUT' and order_number is null and active_key is null) w);

update carts set active_key = user_id
    where id in (select n.id from (select max(c.id) as id from carts c
                  where c.status = 'CHECKED_OUT' and c.order_number is null
                    and exists (select 1 from cart_items i where i.cart_id = c.id)
                    and not exists (select 1 from carts a where a.active_key = c.user_id)
                  group by c.user_id) n);
