using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Videos.Uploads;

namespace Portal.Operations.Orchestrations;

/// <summary>What our rows know of the attempt that an orchestration carries: ids, states and errors, no titles.</summary>
/// <param name="WaitsForFile">The uploader has an address to send the file to, and has not sent it.</param>
/// <param name="Attempt">The attempt of the instance; <paramref name="CurrentAttempt"/> is the job's own, higher after a replay.</param>
public sealed record UploadNote(
    Guid JobId, TenantId TenantId, int Attempt, int CurrentAttempt, string Source, string Status, int Attempts, string? LastError,
    DateTimeOffset? NextRetryAt,
    string? FailureCode, string? FailureReason, DateTimeOffset? StartedAt, DateTimeOffset ExpiresAt, DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt, bool WaitsForFile = false)
{
    public bool IsCurrent => Attempt == CurrentAttempt;

    public string InstanceId => UploadRef.InstanceIdOf(JobId, Attempt);
}

/// <summary>Reads upload jobs for on-call, as role portal_system: instance ids come without a tenant.</summary>
public sealed class UploadNoteQuery(PortalDb db)
{
    /// <summary>Earlier attempts are over: what became of them is in upload_attempts.</summary>
    private const string Columns = """
        j.id as job_id, j.tenant_id, w.attempt, j.attempt as current_attempt, j.source,
        coalesce(a.outcome, j.status) as status,
        case when a.job_id is null then j.attempts else 0 end as attempts,
        case when a.job_id is null then j.last_error end as last_error,
        case when a.job_id is null then j.next_retry_at end as next_retry_at,
        case when a.job_id is null then j.failure_code else a.failure_code end as failure_code,
        case when a.job_id is null then j.failure_reason else a.failure_reason end as failure_reason,
        j.started_at, j.expires_at, j.created_at, coalesce(a.ended_at, j.updated_at) as updated_at,
        j.status = 'waiting' and (j.mux_upload_id is not null or (j.source = 'blob' and j.blob_url is null)) as waits_for_file
        """;

    /// <summary>The notes of those instances that carry an upload, by instance id.</summary>
    public async Task<IReadOnlyDictionary<string, UploadNote>> OfAsync(IEnumerable<string> instanceIds, CancellationToken ct)
    {
        var uploads = instanceIds.Select(InstanceIds.UploadOf).OfType<(Guid JobId, int Attempt)>().Distinct().ToList();
        if (uploads.Count == 0)
        {
            return new Dictionary<string, UploadNote>();
        }

        var notes = await db.AcrossTenantsAsync(tx => tx.QueryAsync<UploadNote>($"""
            select {Columns}
              from unnest(@jobs, @attempts) as w (job_id, attempt)
              join portal.upload_jobs j on j.id = w.job_id and w.attempt <= j.attempt
              left join portal.upload_attempts a on a.job_id = w.job_id and a.attempt = w.attempt
            """, new { jobs = uploads.Select(u => u.JobId).ToArray(), attempts = uploads.Select(u => u.Attempt).ToArray() }), ct);
        return notes.ToDictionary(note => note.InstanceId, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Unfinished jobs, the longest untouched first.</summary>
    public Task<IReadOnlyList<UploadNote>> UnfinishedAsync(int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<UploadNote>($"""
            select {Columns}
              from portal.upload_jobs j
              cross join lateral (select j.attempt) as w (attempt)
              left join portal.upload_attempts a on false
             where j.status in ('waiting', 'processing') order by j.updated_at limit @limit
            """, new { limit }), ct);

    /// <summary>Jobs that failed or timed out since then and were not replayed, the latest first.</summary>
    public Task<IReadOnlyList<UploadNote>> FailedAsync(DateTimeOffset since, int limit, CancellationToken ct) =>
        db.AcrossTenantsAsync(tx => tx.QueryAsync<UploadNote>($"""
            select {Columns}
              from portal.upload_jobs j
              cross join lateral (select j.attempt) as w (attempt)
              left join portal.upload_attempts a on false
             where j.status in ('failed', 'timed_out') and j.updated_at >= @since order by j.updated_at desc limit @limit
            """, new { since, limit }), ct);
}
