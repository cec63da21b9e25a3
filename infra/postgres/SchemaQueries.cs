namespace Portal.Postgres;

/// <summary>
/// The catalog, as statements that would make it again. Each query returns lines in their final order. They run with an empty
/// search path, so every name comes out qualified, and with the excluded schemas as <c>$1</c>.
/// </summary>
/// <remarks>
/// What differs between server versions or between owners without a meaning for us is left out: constraints for <c>not null</c>
/// (18), the privilege MAINTAIN (17), the owner's own privileges, owners.
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
              and (t.typtype in ('e', 'd', 'r') or t.typtype = 'c'
                 and exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
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
            select title, 0, format('create type %s as (%s);', title,
                (select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
                 from pg_attribute where attrelid = own.typrelid and attnum > 0 and not attisdropped))
            from own where typtype = 'c'
            union all
            select title, 0, format('create type %s as range (subtype = %s);', title,
               (select format_type(rngsubtype, null) from pg_range where rngtypid = own.oid))
            from own where typtype = 'r'
            union all
            select title, 1, format('comment on type %s is %L;', title, obj_description(oid, 'pg_type'))
            from own where obj_description(oid, 'pg_type') is not null
        ) lines
        order by title collate "C", rank
        """;

    public const string Functions = """
        with own as (
            select p.*, format('%s %s', case prokind when 'p' then 'procedure' else 'function' end, p.oid::regprocedure::text) as title
            from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname not like 'pg\_%' and n.nspname <> 'information_schema' and n.nspname <> all ($1) and prokind in ('f', 'p')
              and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        )
        select line from (
            select title, 0 as rank, E'\n' || regexp_replace(rtrim(pg_get_functiondef(oid), E'\n'), E'[ \t]+\n', E'\n', 'g') || ';' as line
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
