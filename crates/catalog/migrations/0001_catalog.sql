create table categories (
    id {id},
    parent_id bigint not null,
    name varchar(100) not null,
    display_order bigint not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    unique (parent_id, name)
) {table};

create index categories_name on categories (name);

create table products (
    id {id},
    sku varchar(100) not null unique,
    name varchar(200) not null,
    held_name varchar(200) unique,
    description {text},
    price bigint not null,
    sale_price bigint,
    current_price bigint not null,
    category_id bigint,
    brand varchar(100),
    image_url varchar(500),
    status varchar(20) not null,
    seller_id varchar(36),
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    foreign key (category_id) references categories (id)
) {table};

create index products_newest on products (status, created_at, id);

create index products_price on products (status, current_price, id);

create index products_name on products (status, name, id);

create index products_category on products (category_id, status);

create index products_brand on products (brand, status);

create index products_seller on products (seller_id, status, created_at);

create table product_variants (
    id {id},
    product_id bigint not null,
    default_of bigint unique,
    sku varchar(100) not null unique,
    name varchar(200),
    options varchar(2000) not null,
    price_adjustment bigint not null,
    status varchar(20) not null,
    created_at bigint not null,
    updated_at bigint not null,
    foreign key (product_id) references products (id)
) {table};

create index product_variants_product on product_variants (product_id, status);

create table product_images (
    product_id bigint not null,
    position bigint not null,
    url varchar(500) not null,
    primary key (product_id, position),
    foreign key (product_id) references products (id)
) {table};
