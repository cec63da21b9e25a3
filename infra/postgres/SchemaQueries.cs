namespace Portal.Postgres;

/// <summary>
/// The catalog, as statements that would make it again. Each query returns lines in their final order. They run with an empty
/// search path, so every name comes out qualified, and with the excluded schemas as <c>$1</c>.
/// </summary>
/// <remarks>
/// What differs between server versions or between owners without a meaning for us is left out: constraints for <c>not null</c>
/// (18), the privilege MAINTAIN (17), the owner's own privileges, owners. Kinds of things that the portal has none of are named, no more.
/// </remarks>
internal static class SchemaQueries
{
    public const string Extensions = """
        select format('create extension %I with schema %I;', extname, n.nspname)
        from pg_extension e join pg_namespace n on n.oid = e.extnamespace
        where extname <> 'plpgsql'
        order by extname collate "C"
        """;

    public const string Roles = """
        select line from (
            select rolname as name, 0 as rank, format('create role %I%s%s%s%s%s%s%s;', rolname,
                case when rolcanlogin then ' login' else ' nologin' end,
                case when rolsuper then ' superuser' else '' end,
                case when rolinherit then '' else ' noinherit' end,
                case when rolcreaterole then ' createrole' else '' end,
                case when rolcreatedb then ' createdb' else '' end,
                case when rolreplication then ' replication' else '' end,
                case when rolbypassrls then ' bypassrls' else '' end) as line
            from pg_roles where rolname like 'portal\_%'
            union all
            select member.rolname, 1, format('grant %I to %I;', granted.rolname, member.rolname)
            from pg_auth_members m join pg_roles member on member.oid = m.member join pg_roles granted on granted.oid = m.roleid
            where member.rolname like 'portal\_%'
            union all
            select r.rolname, 2, format('alter role %I set %s;', r.rolname, setting)
            from pg_db_role_setting s join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) as setting
            where r.rolname like 'portal\_%' and s.setdatabase = 0
        ) lines
        order by name collate "C", rank, line collate "C"
        """;

    public const string Schemas = """
        select line from (
            select nspname as name, 0 as rank, format('create schema %I;', nspname) as line
            from pg_namespace where nspname <> 'public'
            union all
            select nspname, 1, format('comment on schema %I is %L;', nspname, obj_description(oid, 'pg_namespace'))
            from pg_namespace where nspname <> 'public' and obj_description(oid, 'pg_namespace') is not null
            union all
            select nspname, 2, format('grant %s on schema %I to %s%s;', lower(privilege_type), nspname,
                case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
                case when is_grantable then ' with grant option' else '' end)
            from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) where grantee <> nspowner
            union all
            select coalesce(nspname, ''), 3, format('alter default privileges%s grant %s on %s to %s;',
                coalesce(' in schema ' || quote_ident(nspname), ''), lower(privilege_type),
                case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
                else 'schemas' end,
                case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end)
            from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace, aclexplode(defaclacl)
            where grantee <> defaclrole and privilege_type <> 'MAINTAIN'
        ) lines
        where name not like 'pg\_%' and name <> 'information_schema' and name <> all ($1)
        order by name collate "C", rank, line collate "C"
        """;

    public const string Types = """
        with own as (
            select t.*, t.oid::regtype::text as title
            from pg_type t join pg_namespace n on n.oid = t.typnamespace
            where n.nspname not like 'pg\_%' and n.nspname <> 'information_schema' and n.nspname <> all ($1)
              and t.typtype in ('e', 'd')
              and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
        )
        select line from (
            select title, 0 as rank, format('create type %s as enum (%s);', title,
                (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = own.oid)) as line
            from own where typtype = 'e'
            union all
            select title, 0, format('create domain %s as %s%s%s%s;', title, format_type(typbasetype, typtypmod),
                case when typnotnull then ' not null' else '' end, coalesce(' default ' || typdefault, ''),
                coalesce((select string_agg(format(E'\n    constraint %I %s', conname, pg_get_constraintdef(c.oid)), ''
                order by conname collate "C")
                          from pg_constraint c where contypid = own.oid and contype <> 'n'), ''))
            from own where typtype = 'd'
            union all
            select title, 1, format('comment on type %s is %L;', title, obj_description(oid, 'pg_type'))
            from own where obj_description(oid, 'pg_type') is not null
        ) lines
        order by title collate "C", rank
        """;

    // Sequences of identity columns and serial columns come with their table; the runner's own tables are not schema.
    public const string Relations = """
        with own as (
            select c.*, c.oid::regclass::text as title,
                case relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end as kind
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname not like 'pg\_%' and n.nspname <> 'information_schema' and n.nspname <> all ($1)
              and relkind in ('r', 'v', 'S', 'p', 'm', 'f') 
              and c.oid::regclass::text not in ('public.schema_migrations', 'public.schema_functions')
              and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                              and (d.deptype = 'e' or relkind = 'S' and d.deptype = 'i'))
        )
        select line from (
            -- the relation itself
            select title, 0 as rank, '' as name, E'\n' || case relkind
                when 'S' then (
                    select format('create sequence %s as %s start %s increment %s minvalue %s maxvalue %s%s;', title,
                       format_type(seqtypid, null),
                        seqstart, seqincrement, seqmin, seqmax, case when seqcycle then ' cycle' else '' end)
                    from pg_sequence where seqrelid = own.oid)
                when 'v' then format(E'create view %s%s as\n%s', title, options, pg_get_viewdef(oid))
                when 'r' then format(E'create%s table %s%s%s;', case relpersistence when 'u' then ' unlogged' else '' end, title,
                    E' (\n' || columns || E'\n)', options)
                else format('-- of a kind that is not shown: %s', title) end as line
            from own, lateral (
                select coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '') as options) o, lateral (
                select string_agg(item, E',\n' order by rank, number, name collate "C") as columns from (
                    select 0 as rank, attnum as number, '' as name, format('    %I %s%s%s%s', attname, format_type(atttypid, atttypmod),
                        case when attcollation <> (select typcollation from pg_type where oid = atttypid)
                            then (select format(' collate %I', collname) from pg_collation where oid = attcollation) else '' end,
                        case when attidentity = 'a' then ' generated always as identity' when attidentity = 'd'
                        then ' generated by default as identity'
                            when attgenerated = 's' then format(' generated always as (%s) stored', pg_get_expr(adbin, adrelid))
                            else coalesce(' default ' || pg_get_expr(adbin, adrelid), '') end,
                        case when attnotnull then ' not null' else '' end) as item
                    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
                    where attrelid = own.oid and attnum > 0 and not attisdropped
                    union all
                    select 1, 0, conname, format('    constraint %I %s', conname, pg_get_constraintdef(c.oid))
                    from pg_constraint c where conrelid = own.oid and contype not in ('n', 't')
                ) items) c
            union all
            -- indexes that are no constraint's
            select title, 1, i.relname, pg_get_indexdef(indexrelid) || case when indisvalid then ';' else '; -- not valid' end
            from own join pg_index on indrelid = own.oid join pg_class i on i.oid = indexrelid
            where not exists (select from pg_constraint where conindid = indexrelid
               and contype in ('p', 'u', 'x'))
            union all
            select title, 2, '', format('alter table %s enable row level security;', title) from own where relrowsecurity
            union all
            select title, 3, '', format('alter table %s force row level security;', title) from own where relforcerowsecurity
            union all
            select title, 4, polname, format('create policy %I on %s as %s for %s to %s%s%s;', polname, title,
                case when polpermissive then 'permissive' else 'restrictive' end,
                case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
                (select string_agg(case when role = 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', '
                    order by case when role = 0 then 'public' else pg_get_userbyid(role)::text end collate "C")
                    from unnest(polroles) as role),
                coalesce(E'\n    using (' || pg_get_expr(polqual, polrelid) || ')', ''),
                coalesce(E'\n    with check (' || pg_get_expr(polwithcheck, polrelid) || ')', ''))
            from own join pg_policy on polrelid = own.oid
            union all
            select title, 5, tgname, pg_get_triggerdef(t.oid) || case tgenabled when 'O' then ';'
               else '; -- enabled: ' || tgenabled::text end
            from own join pg_trigger t on tgrelid = own.oid where not tgisinternal
            union all
            select title, 6, '', format('comment on %s %s is %L;', kind, title, obj_description(oid, 'pg_class'))
            from own where obj_description(oid, 'pg_class') is not null
            union all
            select title, 7, attname, format('comment on column %s.%I is %L;', title, attname, col_description(own.oid, attnum))
            from own join pg_attribute on attrelid = own.oid where attnum > 0 and col_description(own.oid, attnum) is not null
            union all
            -- grants, one line a grantee
            select title, 8, grantee_name, format('grant %s on %s %s to %s%s;',
               string_agg(lower(privilege_type), ', ' order by privilege_type),
                case relkind when 'S' then 'sequence' else 'table' end, title, grantee_name,
                case when is_grantable then ' with grant option' else '' end)
            from own, aclexplode(relacl), lateral (
                select case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee_name) g
            where grantee <> relowner and privilege_type <> 'MAINTAIN'
            group by title, relkind, grantee_name, is_grantable
            union all
            select title, 9, grantee_name || privilege_type, format('grant %s (%s) on table %s to %s;', lower(privilege_type),
                string_agg(quote_ident(attname), ', ' order by attnum), title, grantee_name)
            from own join pg_attribute on attrelid = own.oid, aclexplode(attacl), lateral (
                select case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee_name) g
            where grantee <> relowner and not attisdropped
            group by title, grantee_name, privilege_type
        ) lines
        order by title collate "C", rank, name collate "C", line collate "C"
        """;

    // Without their text, which is in functions/<name>.sql.
    public const string Functions = """
        with own as (
            select p.*, format('%s %s', case prokind when 'p' then 'procedure' else 'function' end, p.oid::regprocedure::text) as title
            from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname not like 'pg\_%' and n.nspname <> 'information_schema' and n.nspname <> all ($1) and prokind in ('f', 'p')
              and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        )
        select line from (
            select title, 0 as rank, E'\n' || regexp_replace(pg_get_functiondef(oid), E'\n(AS \\$|BEGIN ATOMIC|RETURN ).*', ';') as line
            from own
            union all
            select title, 1, format('comment on %s is %L;', title, obj_description(oid, 'pg_proc'))
            from own where obj_description(oid, 'pg_proc') is not null
            union all
            select title, 2, format('grant execute on %s to %s;', title,
                case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end)
            from own, aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee <> proowner
        ) lines
        order by title collate "C", rank, line collate "C"
        """;
}
