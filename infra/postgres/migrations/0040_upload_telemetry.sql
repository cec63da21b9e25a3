-- When the stages of an upload were reached: what its telemetry is read from. Both stay with the row, and go with it.
alter table portal.upload_jobs
    -- All bytes are at Mux, or at Vercel Blob. Begins anew with an attempt that waits for the file again. Null: not yet, or Mux told of
    -- the video before it told of its bytes, and nobody knows.
    add column bytes_at timestamptz,
    add column ready_at timestamptz;

-- What the events of the rows say. An attempt that waits for its file again has no bytes yet.
update portal.upload_jobs j set
       bytes_at = (select min(e.occurred_at) from portal.events e
                    where e.tenant_id = j.tenant_id and e.aggregate_type = 'upload_job' and e.aggregate_id = j.id
                      and e.type = 'upload_processing' and (e.payload ->> 'attempt')::integer = j.attempt),
       ready_at = (select max(e.occurred_at) from portal.events e
                    where e.tenant_id = j.tenant_id and e.aggregate_type = 'upload_job' and e.aggregate_id = j.id
                      and e.type = 'mux_asset_ready');

-- Days of it are read across tenants.
create index upload_jobs_by_age on portal.upload_jobs (created_at);
