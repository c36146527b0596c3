-- settings that give what is stored its meaning, as they were when the shop began
create table shop_choices (
    name varchar(60) not null primary key,
    value varchar(120) not null
) {table};
