-- What people and guests said to the purposes that need their consent: every decision, none is changed. The newest of a purpose (by seq)
-- is what holds. Of a person by user, of a guest by the viewer of one share link; the rows go with them.
create table portal.consents (
    seq             bigint primary key generated always as identity,
    tenant_id       uuid not null references portal.tenants (id),
    user_id         uuid,
    viewer_id       uuid,
    purpose         text not null check (purpose in ('viewing_analytics')),
    granted         boolean not null,
    -- Of the privacy notice that they were shown.
    notice_version  date not null,
    -- Whether the browser said no (Sec-GPC, DNT) beside it.
    browser_signal  boolean not null,
    decided_at      timestamptz not null,
    check (num_nonnulls(user_id, viewer_id) = 1),
    foreign key (tenant_id, user_id) references portal.users (tenant_id, id),
    foreign key (tenant_id, viewer_id) references portal.share_viewers (tenant_id, id)
);
create index consents_by_subject on portal.consents (tenant_id, coalesce(user_id, viewer_id), purpose, seq desc);

alter table portal.consents enable row level security;
create policy own_tenant on portal.consents to portal_app
    using (tenant_id = (select portal.current_tenant())) with check (tenant_id = (select portal.current_tenant()));
-- No update, no delete: what erases is functions of the owner's.
grant select, insert on portal.consents to portal_app;
