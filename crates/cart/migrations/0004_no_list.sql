-- no statement finds the carts of a buyer by this index, and every purchase wrote a page of it
{drop index: carts_user on carts};
