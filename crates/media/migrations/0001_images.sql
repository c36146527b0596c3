create table media_images (
    id {id},
    hash varchar(32) not null,
    width bigint not null,
    height bigint not null,
    bytes bigint not null,
    uploaded_by varchar(36) not null,
    created_at bigint not null,
    used_at bigint not null,
    removed_at bigint,
    unique (hash)
) {table};

create index media_images_used on media_images (used_at);

create index media_images_removed on media_images (removed_at) {where: removed_at is not null};

create index media_images_of_user on media_images (uploaded_by, id);
