//! Queries for the schema of each kind of database. Their results use the same words.

/// Three queries for the schema. Rows that belong together follow each other, in their own order.
pub(crate) struct Catalog {
    /// Table, column, its type as a migration writes it (`automatic` for `{id}`), 1 when it may be null.
    pub columns: &'static str,
    /// Table, index, 1 for the primary key, 1 for unique, 1 for an index of some rows, one of its columns with its unusual
    /// properties.
    pub indexes: &'static str,
    /// Table, foreign key, one of its columns, the table and the column it refers to.
    pub references: &'static str,
}

/// A primary key of type `integer` is the number of the row itself and has no index.
pub(super) const SQLITE: Catalog = Catalog {
    columns: "select t.name, c.name,
        case when c.pk = 1 and lower(c.type) = 'integer' then 'automatic' else lower(c.type) end,
        case when c.\"notnull\" = 1 or c.pk > 0 then 0 else 1 end
        from sqlite_schema t join pragma_table_info(t.name) c
        where t.type = 'table' and substr(t.name, 1, 7) <> 'sqlite_'
        order by t.name, c.cid",
    indexes: "select t.name, '', 1, 1, 0, c.name, c.pk as n
        from sqlite_schema t join pragma_table_info(t.name) c
        where t.type = 'table' and substr(t.name, 1, 7) <> 'sqlite_' and c.pk > 0
        union all
        select t.name, i.name, 0, i.\"unique\", i.partial,
        coalesce(c.name, 'an expression') || case when c.\"desc\" = 1 then ' desc' else '' end,
        c.seqno as n
        from sqlite_schema t join pragma_index_list(t.name) i join pragma_index_xinfo(i.name) c
        where t.type = 'table' and substr(t.name, 1, 7) <> 'sqlite_' and i.origin <> 'pk' and c.key = 1
        order by 1, 2, n",
    references: "select t.name, cast(k.id as text), k.\"from\", k.\"table\", coalesce(k.\"to\", '')
        from sqlite_schema t join pragma_foreign_key_list(t.name) k
        where t.type = 'table' and substr(t.name, 1, 7) <> 'sqlite_'
        order by t.name, k.id, k.seq",
};

/// Uses the system catalogue: the information schema hides tables that the user has no rights on.
pub(super) const POSTGRES: Catalog = Catalog {
    columns: "select cast(t.relname as text), cast(c.attname as text),
        case when c.attidentity <> '' and c.atttypid = cast('bigint' as regtype) then 'automatic'
            else replace(format_type(c.atttypid, c.atttypmod), 'character varying', 'varchar') end,
        case when c.attnotnull then 0 else 1 end
        from pg_class t join pg_namespace s on s.oid = t.relnamespace join pg_attribute c on c.attrelid = t.oid
        where s.nspname = current_schema() and t.relkind in ('r', 'p') and c.attnum > 0 and not c.attisdropped
        order by t.relname, c.attnum",
    indexes: "select cast(t.relname as text), cast(i.relname as text),
        case when x.indisprimary then 1 else 0 end, case when x.indisunique then 1 else 0 end,
        case when x.indpred is not null then 1 else 0 end,
        coalesce(cast(c.attname as text), 'an expression')
            || case when pg_index_column_has_property(x.indexrelid, cast(k.n as integer), 'desc') then ' desc' else '' end
        from pg_class t join pg_namespace s on s.oid = t.relnamespace
        join pg_index x on x.indrelid = t.oid and x.indisvalid join pg_class i on i.oid = x.indexrelid
        cross join lateral unnest(x.indkey) with ordinality as k(attnum, n)
        left join pg_attribute c on c.attrelid = t.oid and c.attnum = k.attnum
        where s.nspname = current_schema() and t.relkind in ('r', 'p') and k.n <= x.indnkeyatts
        order by t.relname, i.relname, k.n",
    references: "select cast(t.relname as text), cast(k.conname as text), cast(c.attname as text),
        cast(p.relname as text), cast(pc.attname as text)
        from pg_constraint k join pg_class t on t.oid = k.conrelid
        join pg_namespace s on s.oid = t.relnamespace join pg_class p on p.oid = k.confrelid
        cross join lateral unnest(k.conkey, k.confkey) with ordinality as pair(mine, theirs, n)
        join pg_attribute c on c.attrelid = t.oid and c.attnum = pair.mine
        join pg_attribute pc on pc.attrelid = p.oid and pc.attnum = pair.theirs
        where s.nspname = current_schema() and k.contype = 'f'
        order by t.relname, k.conname, pair.n",
};

/// Includes the collation if it does not compare byte by byte, because a unique key then means something else.
pub(super) const MYSQL: Catalog = Catalog {
    columns: "select c.table_name, c.column_name,
        concat(case when c.extra like '%auto_increment%' and c.column_type not like '%unsigned%'
                and c.data_type = 'bigint' then 'automatic'
            when c.data_type = 'varchar' then concat('varchar(', c.character_maximum_length, ')')
            when c.data_type = 'longtext' then 'text'
            when c.data_type = 'bigint' and c.column_type not like '%unsigned%' then 'bigint'
            else c.column_type end,
            case when c.collation_name <> 'utf8mb4_bin' then concat(' collate ', c.collation_name) else '' end),
        case c.is_nullable when 'YES' then 1 else 0 end
        from information_schema.columns c
        join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
        where c.table_schema = database() and t.table_type = 'BASE TABLE'
        order by c.table_name, c.ordinal_position",
    indexes: "select i.table_name, i.index_name, case i.index_name when 'PRIMARY' then 1 else 0 end, 1 - i.non_unique,
        0, concat(coalesce(i.column_name, 'an expression'),
            case when i.sub_part is not null then concat('(', i.sub_part, ')') else '' end,
            case when i.collation = 'D' then ' desc' else '' end)
        from information_schema.statistics i
        where i.table_schema = database()
        order by i.table_name, i.index_name, i.seq_in_index",
    references: "select k.table_name, k.constraint_name, k.column_name, k.referenced_table_name,
        k.referenced_column_name
        from information_schema.key_column_usage k
        where k.table_schema = database() and k.referenced_table_name is not null
        order by k.table_name, k.constraint_name, k.ordinal_position",
};
