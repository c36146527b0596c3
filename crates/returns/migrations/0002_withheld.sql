-- What a return takes off the money of a line, such as its fee; null when it is nothing.
alter table return_lines add column withheld bigint;
