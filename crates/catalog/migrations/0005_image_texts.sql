-- what an image shows, for people who do not see it; and an index by which it is found whether a product shows an image
alter table product_images add column alternative_text varchar(300);
create index product_images_url on product_images (url);
