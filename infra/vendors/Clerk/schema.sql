-- The local Clerk: one instance.
create table if not exists vendors.clerk_keys (
    kid         text primary key,
    private_key bytea not null,
    published   boolean not null default true,   -- in the JWKS
    created_at  timestamptz not null,
    seq         bigint generated always as identity
);

create table if not exists vendors.clerk_people (
    handle            text primary key,
    user_id           text not null unique,
    email             text not null,
    name              text not null,
    organization_id   text,
    organization_slug text,
    organization_role text,
    membership_metadata jsonb not null default '{}',   -- of the invitation that they accepted
    created_at        timestamptz not null
);
alter table vendors.clerk_people add column if not exists membership_metadata jsonb not null default '{}';
alter table vendors.clerk_people add column if not exists organization_name text;
alter table vendors.clerk_people add column if not exists updated_at timestamptz not null default now();
create unique index if not exists clerk_people_email on vendors.clerk_people (lower(email));

create table if not exists vendors.clerk_invitations (
    id               text primary key,
    organization_id  text,                        -- null: to the application as a whole
    email            text not null,
    role             text,
    inviter_id       text,
    public_metadata  jsonb not null,
    private_metadata jsonb not null,
    redirect_url     text,
    ticket           text not null unique,
    status           text not null check (status in ('pending', 'accepted', 'revoked')),
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    expires_at       timestamptz not null,
    seq              bigint generated always as identity
);
