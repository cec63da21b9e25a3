-- Who gave the right passphrase is forgotten once the link is over: the cookie died with it. A timer does that for all tenants.
create policy all_tenants on portal.share_unlocks to portal_system using (true) with check (true);
grant select, delete on portal.share_unlocks to portal_system;
