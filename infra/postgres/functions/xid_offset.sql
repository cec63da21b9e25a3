-- Transaction numbers begin anew in a database that was restored from a logical dump. Whoever restores one replaces this function by
-- one that answers a number above the greatest written_in, before the app starts (docs/playbook/operations/the-audit-log.md).
create or replace function portal.xid_offset() returns bigint
    language sql stable parallel safe
    return 0;
