using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance;
using Portal.Compliance.Archive;
using Portal.Foundation.Audit;
using Portal.Foundation.Identity;
using Portal.LocalVendors;
using Portal.Tests.Support;
using Portal.Vendors.Blob;

namespace Portal.Tests.Integration.Compliance;

/// <summary>The audit log in files: what is written when, what leaves the log for it, and that both are checked as ever.</summary>
public sealed class AuditArchiveTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Tamper = "alter table portal.audit_log disable trigger user; ";
    private const string Mend = "; alter table portal.audit_log enable trigger user";

    private static readonly Dictionary<AuditClass, string> OfClass = new()
    {
        [AuditClass.Access] = "share_link_opened",
        [AuditClass.SignIn] = "operator_signed_in",
        [AuditClass.Admin] = "project_created",
        [AuditClass.Security] = "hold_placed",
    };

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.DoAsync("update portal.holds set lifted_by = placed_by, lifted_at = now(), lift_reason = 'over' where lifted_at is null");
        await portal.DoAsync("update portal.alerts set resolved_at = now() where resolved_at is null");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Rows_of_each_class_leave_the_log_when_its_days_are_over_and_not_a_second_before()
    {
        var unknown = await RowAsync("a_word_of_long_ago");
        var rows = new Dictionary<AuditClass, Guid>();
        foreach (var (of, action) in OfClass)
        {
            rows[of] = await RowAsync(action);
        }

        var began = portal.Clock.GetUtcNow();
        await portal.SealAllAsync();
        foreach (var of in AuditClass.All)
        {
            await ToAsync(began.AddDays(of.Days));
            Assert.True(await IsInLogAsync(rows[of]), $"{of} went early.");
            await ToAsync(began.AddDays(of.Days).AddSeconds(1));
            Assert.False(await IsInLogAsync(rows[of]), $"{of} is still there.");
            foreach (var longer in AuditClass.All.Where(other => other.Days > of.Days))
            {
                Assert.True(await IsInLogAsync(rows[longer]), $"{longer} went with {of}.");
            }

            Assert.Equal("true", (await VerifyAsync()).Text("holds"));
        }

        // What nobody knows any more is kept as long as any, and what is not sealed never leaves.
        Assert.False(await IsInLogAsync(unknown));
        var unsealed = await RowAsync(OfClass[AuditClass.Access]);
        portal.Clock.Advance(TimeSpan.FromDays(91));
        await PruneAsync();
        Assert.True(await IsInLogAsync(unsealed));

        // The export has them all, and is checked as ever.
        var verdict = await CheckAsync(await ExportAsync());
        Assert.True(verdict.Holds, verdict.Fault?.Message);
        Assert.Equal(
            await portal.ScalarAsync<long>(
                "select sum(row_count)::bigint from portal.audit_seals where tenant_id = @t", new { t = TestPeople.Tenant }),
            verdict.Rows);
        Assert.Contains(rows[AuditClass.Access].ToString(), await ExportAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_stands_for_itself_offline_and_holds_its_tenants_seals_whole_and_nothing_of_another()
    {
        var foreign = await RowAsync(OfClass[AuditClass.Access], TestPeople.OtherTenant);
        var row = await RowAsync(OfClass[AuditClass.Access]);
        var longer = await RowAsync(OfClass[AuditClass.Security]);
        await portal.SealAllAsync();
        portal.Clock.Advance(TimeSpan.FromDays(91));
        await PruneAsync();
        await PruneAsync();

        var files = await portal.ListAsync($"{Pathnames} order by last_seal", new { t = TestPeople.Tenant });
        Assert.Equal(files.Distinct(), files);
        Assert.All(files, path => Assert.StartsWith($"audit/{TestPeople.Tenant}/seals-", path, StringComparison.Ordinal));
        var text = await FileAsync(files[^1]);
        var verdict = await CheckAsync(text);
        Assert.True(verdict.Holds, verdict.Fault?.Message);
        Assert.Equal(TestPeople.Tenant, verdict.TenantId);
        Assert.All([row, longer], id => Assert.Contains(id.ToString(), text, StringComparison.Ordinal));
        Assert.DoesNotContain(foreign.ToString(), text, StringComparison.Ordinal);
        Assert.Equal((false, true), (await IsInLogAsync(row), await IsInLogAsync(longer)));

        // What is written is audited with the hash of the file, and the check says how far the archive reaches.
        Assert.Equal(1, await portal.ScalarAsync<long>("""
            select count(*) from portal.audit_log where tenant_id = @t and action = 'audit_archived'
               and new_value ->> 'sha256' = encode(sha256(convert_to(@text, 'UTF8')), 'hex')
            """, new { t = TestPeople.Tenant, text }));
        var archive = (await VerifyAsync()).Field("archive");
        Assert.Equal(files.Count, archive["files"]!.GetValue<long>());
        Assert.Equal((1, verdict.FirstSeal!.Value + verdict.Seals - 1), (
            archive["firstSeal"]!.GetValue<long>(), archive["lastSeal"]!.GetValue<long>()));
    }

    [Fact]
    public async Task One_file_is_planned_at_a_time_of_so_many_rows_at_most_or_of_one_seal()
    {
        var tenant = (await portal.NewTenantAsync("planner")).Id;
        for (var seal = 0; seal < 6; seal++)
        {
            await RowAsync(OfClass[AuditClass.Access], tenant);
            await RowAsync(OfClass[AuditClass.Access], tenant);
            await portal.SealAllAsync();
        }

        var of = new TenantId(tenant);
        var store = portal.Services.GetRequiredService<AuditArchiveStore>();
        var first = await PlannedAsync(2, long.MaxValue);
        Assert.Equal((1, 2), (first.FirstSeal, first.LastSeal));
        Assert.Equal(first, await PlannedAsync(6, long.MaxValue));
        Assert.Null(await store.FindAsync(of, 1, default));
        Assert.Null(await store.ExtentAsync(of, default));
        await VerifiedAsync(first);
        Assert.Equal(first, await store.FindAsync(of, 2, default));
        Assert.Null(await store.FindAsync(of, 3, default));

        // Two seals of two rows each: the third would be one row too many, and one alone is a file whatever it has.
        var second = await PlannedAsync(6, 5);
        Assert.Equal((3, 4), (second.FirstSeal, second.LastSeal));
        Assert.Equal(2, (await store.ExtentAsync(of, default))!.LastSeal);
        await VerifiedAsync(second);
        var third = await PlannedAsync(6, 1);
        Assert.Equal((5, 5), (third.FirstSeal, third.LastSeal));
        await VerifiedAsync(third);
        var last = await PlannedAsync(6, 2);
        Assert.Equal((6, 6), (last.FirstSeal, last.LastSeal));
        await VerifiedAsync(last);
        Assert.Null(await store.PlanAsync(of, 6, 2, default));

        async Task<ArchiveFile> PlannedAsync(long through, long most) => (await store.PlanAsync(of, through, most, default))!;

        Task VerifiedAsync(ArchiveFile file) => store.VerifiedAsync(of, file, new(1, 1, new byte[32]), default);
    }

    [Fact]
    public async Task Nothing_leaves_the_log_while_the_store_is_away_on_call_is_told_the_third_time_and_then_it_goes_on()
    {
        var row = await RowAsync(OfClass[AuditClass.Access]);
        await portal.SealAllAsync();
        portal.Clock.Advance(TimeSpan.FromDays(91));
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(0, await OpenAlertsAsync());
            portal.Blob.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
            await PruneAsync();
            Assert.True(await IsInLogAsync(row));
        }

        BlobIsBack();
        Assert.Equal(1, await OpenAlertsAsync());
        await PruneAsync();
        Assert.Equal(0, await OpenAlertsAsync());
        Assert.False(await IsInLogAsync(row));
        Assert.Equal("true", (await VerifyAsync()).Text("holds"));

        // With the store away the rows cannot be read: that is no verdict.
        portal.Blob.Faults.FailNextApiCalls(1000, ApiFault.Status(503));
        (await portal.As("compliance").FetchAsync("/api/audit/verification")).Expect(503);
        BlobIsBack();
    }

    [Fact]
    public async Task A_run_that_died_after_the_file_was_there_is_finished_with_that_file()
    {
        var row = await RowAsync(OfClass[AuditClass.Access]);
        await portal.SealAllAsync();
        portal.Clock.Advance(TimeSpan.FromDays(91));

        // The file arrives; that it did cannot be found out.
        portal.Blob.Faults.FailNextApiCalls(1000, ApiFault.Status(503), (method, _) => method == "GET");
        await PruneAsync();
        BlobIsBack();
        Assert.True(await IsInLogAsync(row));
        var path = await portal.ScalarAsync<string>($"{Pathnames} and verified_at is null", new { t = TestPeople.Tenant });
        var etag = await EtagAsync(path);

        // More was sealed meanwhile: the file is of the seals that it was planned for.
        await RowAsync(OfClass[AuditClass.Access]);
        await portal.SealAllAsync();
        await Task.WhenAll(PruneAsync(), PruneAsync());
        Assert.False(await IsInLogAsync(row));
        Assert.Equal(etag, await EtagAsync(path));
        Assert.Equal("true", (await VerifyAsync()).Text("holds"));
    }

    [Theory]
    [InlineData("half a line")]
    [InlineData("all but its end")]
    public async Task What_lies_there_under_the_name_and_is_not_the_log_is_replaced_before_anything_leaves(string what)
    {
        var row = await RowAsync(OfClass[AuditClass.Access]);
        await portal.SealAllAsync();
        portal.Clock.Advance(TimeSpan.FromDays(91));

        // The file arrives; that it did cannot be found out.
        portal.Blob.Faults.FailNextApiCalls(1000, ApiFault.Status(503), (method, _) => method == "GET");
        await PruneAsync();
        BlobIsBack();
        var path = await portal.ScalarAsync<string>($"{Pathnames} and verified_at is null", new { t = TestPeople.Tenant });
        var whole = await FileAsync(path);
        var lies = what == "half a line" ? "{\"type\":\"audit\"" : whole[..(whole.TrimEnd().LastIndexOf('\n') + 1)];
        Assert.Null(await Blob<BlobDeletes>().DeleteAsync(path, default));
        using (var text = new MemoryStream(Encoding.UTF8.GetBytes(lies)))
        {
            Assert.Null(await Blob<BlobWrites>().PutAsync(path, "application/x-ndjson", text, default));
        }

        await PruneAsync();
        Assert.True(await IsInLogAsync(row));
        await PruneAsync();
        Assert.False(await IsInLogAsync(row));
        Assert.True((await CheckAsync(await FileAsync(path))).Holds);
    }

    [Fact]
    public async Task A_row_that_was_altered_is_not_archived_and_one_altered_or_removed_beside_its_file_is_named()
    {
        var row = await RowAsync(OfClass[AuditClass.Access]);
        var longer = await RowAsync(OfClass[AuditClass.Security]);
        await portal.SealAllAsync();
        portal.Clock.Advance(TimeSpan.FromDays(91));
        await portal.DoAsync($"{Tamper} update portal.audit_log set action = 'read_denied' where id = @row {Mend}", new { row });
        await PruneAsync();
        Assert.True(await IsInLogAsync(row));
        await portal.DoAsync($"{Tamper} update portal.audit_log set action = 'share_link_opened' where id = @row {Mend}", new { row });
        await PruneAsync();
        Assert.False(await IsInLogAsync(row));

        // A row whose time is not over must be in the log, whatever the file has.
        await portal.DoAsync($"create table portal.kept as select * from portal.audit_log where id = @longer", new { longer });
        await portal.DoAsync($"{Tamper} update portal.audit_log set request_id = 'x' where id = @longer {Mend}", new { longer });
        Assert.Equal("altered", (await VerifyAsync()).Field("fault")["kind"]!.ToString());
        await portal.DoAsync($"{Tamper} delete from portal.audit_log where id = @longer {Mend}", new { longer });
        Assert.Equal("removed", (await VerifyAsync()).Field("fault")["kind"]!.ToString());
        await portal.DoAsync($"{Tamper} insert into portal.audit_log select * from portal.kept {Mend}; drop table portal.kept");
        Assert.Equal("true", (await VerifyAsync()).Text("holds"));

        // A file that is gone is missed.
        var path = await portal.ScalarAsync<string>(
            $"{Pathnames} order by last_seal desc limit 1", new { t = TestPeople.Tenant });
        await portal.DoAsync("update vendors.blob_objects set pathname = 'elsewhere' where pathname = @path", new { path });
        Assert.Equal("removed", (await VerifyAsync()).Field("fault")["kind"]!.ToString());
        await portal.DoAsync("update vendors.blob_objects set pathname = @path where pathname = 'elsewhere'", new { path });
    }

    [Fact]
    public async Task What_an_earlier_version_moved_to_a_table_leaves_it_for_files_in_the_same_way()
    {
        var (row, longer) = (await RowAsync(OfClass[AuditClass.Access]), await RowAsync(OfClass[AuditClass.SignIn]));
        var began = portal.Clock.GetUtcNow();
        await portal.SealAllAsync();
        await portal.DoAsync($"""
            {Tamper}
            insert into portal.audit_archive
            select id, tenant_id, actor_kind, actor_id, impersonator_id, action, entity_type, entity_id, old_value, new_value, request_id,
                   occurred_at, row_hash, written_in from portal.audit_log where id in (@row, @longer);
            delete from portal.audit_log where id in (@row, @longer) {Mend}
            """, new { row, longer });
        await Assert.ThrowsAsync<Npgsql.PostgresException>(
            () => portal.DoAsync("delete from portal.audit_archive where id = @row", new { row }));
        foreach (var (of, id) in new[] { (AuditClass.Access, row), (AuditClass.SignIn, longer) })
        {
            await ToAsync(began.AddDays(of.Days));
            Assert.True(await IsInTableAsync(id), $"{of} went early.");
            await ToAsync(began.AddDays(of.Days).AddSeconds(1));
            Assert.False(await IsInTableAsync(id), $"{of} is still there.");
            Assert.Equal("true", (await VerifyAsync()).Text("holds"));
        }

        Task<bool> IsInTableAsync(Guid id) =>
            portal.ScalarAsync<bool>("select exists (select 1 from portal.audit_archive where id = @id)", new { id });
    }

    [Fact]
    public async Task A_legal_hold_on_the_tenant_keeps_its_rows_in_the_log_until_it_is_lifted()
    {
        var held = await RowAsync(OfClass[AuditClass.Access]);
        var free = await RowAsync(OfClass[AuditClass.Access], TestPeople.OtherTenant);
        await portal.SealAllAsync();
        var hold = await portal.PlaceHoldAsync("compliance", "tenant", days: 100);
        portal.Clock.Advance(TimeSpan.FromDays(91));
        await PruneAsync();
        Assert.Equal((true, false), (await IsInLogAsync(held), await IsInLogAsync(free)));
        (await portal.As("compliance").PostAsync($"/api/holds/{hold}/lift", new { reason = "Settled" })).Expect(200);
        await PruneAsync();
        Assert.False(await IsInLogAsync(held));
    }

    [Theory]
    [InlineData("now()", "row_hash", true)]
    [InlineData("null", "row_hash", false)]
    [InlineData("now()", "sha256('another')", false)]
    public async Task A_row_leaves_the_log_only_when_a_verified_file_has_that_very_row(string verified, string hash, bool leaves)
    {
        var row = await RowAsync(OfClass[AuditClass.Security]);
        await portal.SealAllAsync();
        var unsealed = await RowAsync(OfClass[AuditClass.Security]);
        await using var connection = await portal.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync($"""
            {Tamper} update portal.audit_log set row_hash = {hash} where id = @row {Mend};
            insert into portal.audit_archives (
                tenant_id, first_seal, last_seal, pathname, planned_at, rows, size_bytes, sha256, verified_at)
            select @t, coalesce((select max(last_seal) from portal.audit_archives where tenant_id = @t), 0) + 1, max(number), 'x', now(),
                   case when {verified} is not null then 1 end, case when {verified} is not null then 1 end,
                   case when {verified} is not null then sha256('x') end, {verified}
              from portal.audit_seals where tenant_id = @t
            """, new { t = TestPeople.Tenant, row });
        await transaction.SaveAsync("before");
        foreach (var (id, goes) in new[] { (row, leaves), (unsealed, false) })
        {
            var refused = await Record.ExceptionAsync(
                () => connection.ExecuteAsync("delete from portal.audit_log where id = @id", new { id }));
            Assert.Equal(goes, refused is null);
            await transaction.RollbackAsync("before");
        }

        if (verified == "now()")
        {
            foreach (var wrong in new[] { "update portal.audit_archives set pathname = 'y' where pathname = 'x'",
                "delete from portal.audit_archives" })
            {
                await Assert.ThrowsAsync<Npgsql.PostgresException>(() => connection.ExecuteAsync(wrong));
                await transaction.RollbackAsync("before");
            }
        }
    }

    private const string Pathnames = "select pathname from portal.audit_archives where tenant_id = @t";

    /// <summary>It answers again, and is asked again: for a while after so many failures it is not.</summary>
    private void BlobIsBack()
    {
        portal.Blob.Faults.Clear();
        portal.Clock.Advance(TimeSpan.FromMinutes(2));
    }

    private T Blob<T>()
        where T : notnull => portal.Services.GetRequiredService<T>();

    private Task<string> EtagAsync(string path) =>
        portal.ScalarAsync<string>("select etag from vendors.blob_objects where pathname = @path", new { path });

    private async Task<string> FileAsync(string path)
    {
        using var text = new MemoryStream();
        Assert.Null(await Blob<BlobReads>().CopyAsync(path, text, portal.Clock.GetUtcNow().AddHours(1), default));
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private Task<AuditVerdict> CheckAsync(string text) =>
        new AuditVerifier(portal.Services.GetRequiredService<AuditKeys>().Public).RunAsync(
            AuditVerifier.LinesAsync(new StringReader(text), default));

    private async Task<string> ExportAsync() => (await portal.As("compliance").FetchAsync("/api/audit/export")).Expect(200).Body;

    private async Task<Answer> VerifyAsync() => (await portal.As("compliance").FetchAsync("/api/audit/verification")).Expect(200);

    private async Task<Guid> RowAsync(string action, Guid? tenant = null)
    {
        var id = Guid.CreateVersion7(portal.Clock.GetUtcNow());
        await portal.DoAsync("""
            insert into portal.audit_log (id, tenant_id, actor_kind, action, entity_type, entity_id, occurred_at)
            values (@id, @tenant, 'system', @action, 'thing', gen_random_uuid(), @now)
            """, new { id, tenant = tenant ?? TestPeople.Tenant, action, now = portal.Clock.GetUtcNow() });
        return id;
    }

    private Task<bool> IsInLogAsync(Guid id) =>
        portal.ScalarAsync<bool>("select exists (select 1 from portal.audit_log where id = @id)", new { id });

    private Task<long> OpenAlertsAsync() => portal.ScalarAsync<long>(
        "select count(*) from portal.alerts where kind = 'audit_archive_failed' and resolved_at is null and dedup_key = @t::text",
        new { t = TestPeople.Tenant });

    private async Task ToAsync(DateTimeOffset time)
    {
        portal.Clock.Advance(time - portal.Clock.GetUtcNow());
        await PruneAsync();
    }

    private async Task PruneAsync()
    {
        await portal.ResetAsync();
        await portal.Host.RunTimerAsync("PruneRetention");
    }
}
