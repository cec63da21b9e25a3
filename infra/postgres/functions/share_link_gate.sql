-- May this guest in? One text for open_share_link and enter_share_link. The link row is given; null says yes.
--   sign_in_required     nobody is signed in
--   not_addressed        somebody is, and the link is not for them: it is for Admins, for Agency people of the project, and for
--                        Clients of the project whose address it names
--   passphrase_required  no valid unlock cookie came along
create or replace function portal.share_link_gate(p_link portal.share_links, p_user portal.users, p_unlock_hash bytea)
    returns text
    language plpgsql stable
    set search_path = portal, pg_temp
as $$
begin
    if p_link.require_sign_in then
        if p_user.id is null then
            return 'sign_in_required';
        end if;
        if p_user.role <> 'admin' and not (
            p_user.role in ('agency', 'client')
            and exists (select 1 from portal.project_members m
                         where m.tenant_id = p_link.tenant_id and m.project_id = p_link.project_id and m.user_id = p_user.id)
            and (p_user.role = 'agency' or exists (select 1 from portal.share_link_guests g
                         where g.tenant_id = p_link.tenant_id and g.share_link_id = p_link.id and g.email = lower(p_user.email)))) then
            return 'not_addressed';
        end if;
    end if;
    if p_link.passphrase_hash is not null and not exists (
        select 1 from portal.share_unlocks u
         where u.share_link_id = p_link.id and u.unlock_hash = p_unlock_hash and u.passphrase_version = p_link.passphrase_version) then
        return 'passphrase_required';
    end if;
    return null;
end
$$;

-- Called by other functions only.
revoke all on function portal.share_link_gate from public;
