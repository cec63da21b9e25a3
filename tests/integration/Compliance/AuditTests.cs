using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portal.Compliance;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;
using Portal.Foundation.Limits;
using Portal.Foundation.Paging;
using Portal.Tests.Support;

namespace Portal.Tests.Integration.Compliance;

/// <summary>The audit log through the front door: who reads it, what it is sealed with, and what a check finds.</summary>
public sealed class AuditTests(TestPortal portal) : IClassFixture<TestPortal>, IAsyncLifetime
{
    private const string Disarm = "alter table portal.audit_log disable trigger user; alter table portal.audit_seals disable trigger user;";
    private const string Arm = "alter table portal.audit_log enable trigger user; alter table portal.audit_seals enable trigger user;";

    public async Task InitializeAsync()
    {
        await portal.ResetAsync();
        await portal.DoAsync($"{Disarm} delete from portal.audit_seals; delete from portal.audit_log; {Arm}");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_untouched_log_holds_and_says_how_much_of_it_is_sealed()
    {
        await ProjectsAsync(3);
        await SealAsync();
        await ProjectsAsync(2);
        var verdict = (await portal.As("compliance").FetchAsync("/api/audit/verification")).Expect(200);
        Assert.Equal("true 3 1 2", $"{verdict.Text("holds")} {verdict.Text("rows")} {verdict.Text("seals")} {verdict.Text("unsealed")}");

        var lines = await ExportAsync();
        Assert.True((await CheckAsync(lines)).Holds);
        // The export was itself audited, and is not sealed yet.
        Assert.Equal(3, (await CheckAsync(lines)).Unsealed);
    }

    [Theory]
    [InlineData("update portal.audit_log set action = 'project_archived' where id = @id", "altered")]
    [InlineData("update portal.audit_log set new_value = '{\"status\": \"archived\"}' where id = @id", "altered")]
    [InlineData(
        "update portal.audit_log set occurred_at = occurred_at + interval '1 microsecond', row_hash = sha256('mended') where id = @id",
        "altered")]
    [InlineData("delete from portal.audit_log where id = @id", "removed")]
    [InlineData("update portal.audit_log set written_in = (select max(written_in) from portal.audit_log) where id = @id", "reordered")]
    public async Task A_row_that_was_tampered_with_is_named(string tampering, string kind)
    {
        await ProjectsAsync(6);
        await SealAsync();
        var ids = await IdsAsync();
        var (victim, next) = (ids[2], ids[3]);
        await TamperAsync(tampering, victim);

        var fault = (await CheckAsync(await ExportAsync())).Fault!;
        // A row that moved towards the end leaves its successor in its place.
        Assert.Equal((kind, kind == "reordered" ? next : victim, 1L), (fault.Kind, fault.RowId, fault.Seal));
        var verdict = (await portal.As("admin").FetchAsync("/api/audit/verification")).Expect(200);
        Assert.Equal((kind, "false"), (verdict.Field("fault")["kind"]!.ToString(), verdict.Text("holds")));
    }

    [Fact]
    public async Task A_row_that_is_not_sealed_yet_is_named_too_when_it_was_altered()
    {
        await ProjectsAsync(2);
        var victim = (await IdsAsync())[0];
        await TamperAsync("update portal.audit_log set action = 'project_archived' where id = @id", victim);
        var fault = (await CheckAsync(await ExportAsync())).Fault!;
        Assert.Equal(("altered", victim), (fault.Kind, fault.RowId));
    }

    [Fact]
    public async Task Seals_are_archived_up_to_the_first_that_holds_a_young_row()
    {
        for (var i = 0; i < 3; i++)
        {
            await ProjectsAsync(1);
            await SealAsync();
        }

        await TamperAsync("update portal.audit_seals set last_at = last_at - interval '1 year' where number <> 2", Guid.Empty);
        Assert.Equal(1, await portal.ScalarAsync<long>(
            "select portal.last_seal_before(@tenant, @before)",
            new { tenant = TestPeople.Tenant, before = portal.Clock.GetUtcNow().AddDays(-30) }));
    }

    [Fact]
    public async Task A_row_slipped_in_afterwards_is_named()
    {
        await ProjectsAsync(3);
        await SealAsync();
        await portal.DoAsync($"""
            {Disarm}
            insert into portal.audit_log (id, tenant_id, actor_kind, action, entity_type, entity_id, occurred_at, row_hash, written_in)
            select '00000000-0000-7000-8000-00000000abcd', tenant_id, 'system', 'made_up', 'project', entity_id, occurred_at, row_hash,
               written_in
              from portal.audit_log order by written_in limit 1;
            {Arm}
            """);

        var fault = (await CheckAsync(await ExportAsync())).Fault!;
        Assert.Equal(("added", new Guid("00000000-0000-7000-8000-00000000abcd")), (fault.Kind, fault.RowId));
    }

    [Theory]
    [InlineData("update portal.audit_seals set seal = sha256('x') where number = 2", "seal")]
    [InlineData(
        "update portal.audit_seals set signature = (select s.signature from portal.audit_seals s where s.number = 1) where number = 2",
        "signature")]
    [InlineData("update portal.audit_seals set key_id = 'other' where number = 2", "unknown_key")]
    [InlineData("delete from portal.audit_seals where number = 2", "seal_missing")]
    public async Task A_seal_that_was_tampered_with_is_named(string tampering, string kind)
    {
        for (var i = 0; i < 3; i++)
        {
            await ProjectsAsync(2);
            await SealAsync();
        }

        await TamperAsync(tampering, Guid.Empty);
        var fault = (await CheckAsync(await ExportAsync())).Fault!;
        Assert.Equal((kind, 2L), (fault.Kind, fault.Seal));
    }

    [Fact]
    public async Task Removing_a_seal_with_its_rows_and_mending_the_numbers_is_found()
    {
        for (var i = 0; i < 3; i++)
        {
            await ProjectsAsync(2);
            await SealAsync();
        }

        await TamperAsync("""
            delete from portal.audit_log a using portal.audit_seals s where s.number = 2 and position(uuid_send(a.id) in s.row_ids) > 0;
            delete from portal.audit_seals where number = 2;
            update portal.audit_seals set number = 2, previous_seal = (select seal from portal.audit_seals where number = 1)
               where number = 3
            """, Guid.Empty);
        Assert.Equal("seal", (await CheckAsync(await ExportAsync())).Fault!.Kind);
    }

    [Theory]
    [InlineData("number = 1", 1)]
    [InlineData("number <= 2", 1)]
    [InlineData("number = 3", 3)]
    public async Task Seals_deleted_with_their_rows_are_missed_wherever_they_stood(string gone, long missed)
    {
        for (var i = 0; i < 4; i++)
        {
            await ProjectsAsync(2);
            await SealAsync();
        }

        await TamperAsync($"""
            delete from portal.audit_log a using portal.audit_seals s where {gone} and position(uuid_send(a.id) in s.row_ids) > 0;
            delete from portal.audit_seals where {gone}
            """, Guid.Empty);
        foreach (var verdict in new[] { await CheckAsync(await ExportAsync()), await CheckAsync(await ExportAsync($"?to={Now(1)}")) })
        {
            Assert.Equal(("seal_missing", missed), (verdict.Fault?.Kind, verdict.Fault?.Seal));
        }

        var inside = (await portal.As("admin").FetchAsync("/api/audit/verification")).Expect(200);
        Assert.Equal("seal_missing", inside.Field("fault")["kind"]!.ToString());
    }

    [Fact]
    public async Task A_part_of_the_log_misses_the_seal_beside_it()
    {
        for (var i = 0; i < 5; i++)
        {
            await ProjectsAsync(2);
            await SealAsync();
            portal.Clock.Advance(TimeSpan.FromHours(1));
        }

        var third = $"?from={Now(-3.5)}&to={Now(-2.5)}";
        var part = await CheckAsync(await ExportAsync(third));
        Assert.True(part.Holds, part.Fault?.Message);
        Assert.Equal((3L, 1L, false), (part.FirstSeal!.Value, part.Seals, part.Range!.IsWhole));
        Assert.Equal(
            await portal.ScalarAsync<string>("select encode(seal, 'hex') from portal.audit_seals where number = 2"), part.PreviousSeal);

        await TamperAsync("delete from portal.audit_seals where number = 4", Guid.Empty);
        Assert.Equal(4, (await CheckAsync(await ExportAsync(third))).Fault!.Seal);
        await TamperAsync("delete from portal.audit_seals where number = 2", Guid.Empty);
        var before = (await CheckAsync(await ExportAsync(third))).Fault!;
        Assert.Equal(("seal_missing", 2L), (before.Kind, before.Seal));
    }

    [Fact]
    public async Task An_export_whose_beginning_or_end_was_cut_off_does_not_pass_whatever_else_is_mended()
    {
        for (var i = 0; i < 3; i++)
        {
            await ProjectsAsync(2);
            await SealAsync();
        }

        await ProjectsAsync(2);
        var lines = await ExportAsync();
        var seals = lines.Index().Where(l => l.Item.Contains("\"type\":\"seal\"", StringComparison.Ordinal)).Select(l => l.Index).ToList();
        var last = lines.Count - 1;
        Assert.True((await CheckAsync(lines)).Holds);

        // The first seal and its rows are gone, the last line counts what is left.
        List<string> late = [lines[0], .. lines[seals[1]..last], Edit(lines[last], ("rows", 4), ("seals", 2))];
        Assert.Equal(("seal_missing", 1L), await FaultAsync(late));
        // A header that says so makes it a part of the log, which nobody has signed.
        late[0] = Edit(lines[0], ("firstSeal", 2), ("from", "2020-01-01T00:00:00.000000Z"));
        Assert.Equal(("signature", null), await FaultAsync(late));

        List<string> early = [.. lines[..seals[2]], .. lines[(seals[2] + 3)..last], Edit(lines[last], ("rows", 4), ("seals", 2))];
        Assert.Equal(("seal_missing", 3L), await FaultAsync(early));
        early[0] = Edit(lines[0], ("lastSeal", 2));
        Assert.Equal(("signature", null), await FaultAsync(early));

        List<string> shorter = [.. lines[..(last - 1)], Edit(lines[last], ("unsealed", 2))];
        Assert.Equal(("signature", null), await FaultAsync(shorter));

        static string Edit(string line, params (string Name, JsonNode Value)[] changes)
        {
            var json = JsonNode.Parse(line)!.AsObject();
            foreach (var (name, value) in changes)
            {
                json[name] = value;
            }

            return json.ToJsonString();
        }

        static async Task<(string, long?)> FaultAsync(IEnumerable<string> edited) =>
            (await CheckAsync(edited)).Fault is { } fault ? (fault.Kind, fault.Seal) : ("none", null);
    }

    [Fact]
    public async Task Exports_and_checks_have_a_limit_of_their_own()
    {
        var limits = portal.Services.GetRequiredService<RateLimitStore>().Limits;
        var usual = limits.AuditReadsPerMinute;
        limits.AuditReadsPerMinute = 2;
        try
        {
            await ExportAsync();
            (await portal.As("admin").FetchAsync("/api/audit/verification")).Expect(200);
            var refused = (await portal.As("admin").FetchAsync("/api/audit/verification")).Expect(429);
            Assert.Equal("2", refused.Headers.GetValues("RateLimit-Limit").Single());
            (await portal.As("compliance").FetchAsync("/api/audit/export")).Expect(429);
            // The list goes on, and so do others.
            (await portal.As("admin").FetchAsync("/api/audit")).Expect(200);
            (await portal.As("other-admin").FetchAsync("/api/audit/verification")).Expect(200);
            portal.Clock.Advance(TimeSpan.FromMinutes(1));
            (await portal.As("admin").FetchAsync("/api/audit/verification")).Expect(200);
        }
        finally
        {
            limits.AuditReadsPerMinute = usual;
        }
    }

    [Fact]
    public async Task An_export_edited_or_cut_off_does_not_pass()
    {
        await ProjectsAsync(4);
        await SealAsync();
        var lines = await ExportAsync();
        var row = lines.FindIndex(l => l.Contains("\"type\":\"row\"", StringComparison.Ordinal));
        Assert.Equal("cut_off", (await CheckAsync(lines[..^1])).Fault!.Kind);
        Assert.Equal("removed", (await CheckAsync([.. lines[..row], .. lines[(row + 1)..]])).Fault!.Kind);
        Assert.Equal("reordered", (await CheckAsync([.. lines[..row], lines[row + 1], lines[row], .. lines[(row + 2)..]])).Fault!.Kind);
        Assert.Equal(
            "altered", (
                await CheckAsync(
                    [
                        .. lines[..row], lines[row].Replace("\"user\"", "\"system\"", StringComparison.Ordinal), .. lines[(row + 1)..]
                    ])).Fault!.Kind);
        Assert.Equal("unreadable", (await CheckAsync(["nonsense"])).Fault!.Kind);
        Assert.Equal("unknown_key", (await CheckAsync(lines, new Dictionary<string, byte[]>())).Fault!.Kind);
        // Written anew by another program, with other blanks: the values are the same.
        Assert.True((await CheckAsync([.. lines.Select(l => JsonNode.Parse(l)!.ToJsonString(new() { WriteIndented = true }))])).Holds);
    }

    [Fact]
    public async Task The_hash_of_any_row_comes_out_the_same_without_the_database()
    {
        await portal.DoAsync("""
            insert into portal.audit_log (id, tenant_id, actor_kind, actor_id, impersonator_id, action, entity_type, entity_id,
               old_value, new_value, request_id, occurred_at)
            values (gen_random_uuid(), @tenant, 'vendor', E'quote " back \\ tab \t nl \n bell \x07 del \x7f é 日本 😀 / <&>', null, 'odd',
            'thing', gen_random_uuid(),
                    @odd::jsonb, '[1.10, 1e400, -0, 12345678901234567890.000000000000000001, true, null, [], {}]', '', @now)
            """, new
        {
            tenant = TestPeople.Tenant,
            odd = """{"zz":1,"a":{"é\n\u0007\"\\":"\u001f\u007f\u2028 日本 😀 / <>&'"},"bb":[{"x":[]},""],"":0.50}""",
            now = portal.Clock.GetUtcNow().AddTicks(10 * 123_456),
        });

        await SealAsync();
        var verdict = await CheckAsync(await ExportAsync());
        Assert.True(verdict.Holds, verdict.Fault?.Message);
        Assert.Equal(1, verdict.Rows);
    }

    [Fact]
    public async Task A_row_that_commits_late_is_sealed_later_and_none_is_missed()
    {
        await using var slow = await portal.OpenAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await InsertAsync(slow, "slow");
        await ProjectsAsync(3);
        await SealOnceAsync();
        Assert.Equal(0, await SealedAsync());

        await transaction.CommitAsync();
        await SealAsync();
        Assert.Equal(4, await SealedAsync());
        Assert.True((await CheckAsync(await ExportAsync())).Holds);
    }

    [Fact]
    public async Task Sealing_by_several_while_writers_write_misses_nothing_and_forks_nothing()
    {
        var writing = Enumerable.Range(0, 4).Select(async writer =>
        {
            for (var i = 0; i < 40; i++)
            {
                await using var connection = await portal.OpenAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                await InsertAsync(connection, $"w{writer}");
                await InsertAsync(connection, $"w{writer}");
                await transaction.CommitAsync();
            }
        });
        var all = Task.WhenAll(writing);
        do
        {
            await Task.WhenAll(SealOnceAsync(), SealOnceAsync());
        }
        while (!all.IsCompleted);
        await all;
        await SealAsync();
        Assert.Equal(4 * 40 * 2, await SealedAsync());
        Assert.True((await CheckAsync(await ExportAsync())).Holds);
    }

    [Fact]
    public async Task Many_rows_become_several_seals_and_a_range_exports_whole_ones()
    {
        await portal.DoAsync("""
            insert into portal.audit_log (id, tenant_id, actor_kind, action, entity_type, entity_id, occurred_at)
            select gen_random_uuid(), @tenant, 'system', 'bulk', 'thing', gen_random_uuid(), @now + make_interval(secs => n)
               from generate_series(1, 4500) n
            """, new { tenant = TestPeople.Tenant, now = portal.Clock.GetUtcNow().AddDays(-1) });

        await SealAsync();
        Assert.Equal(4500, await SealedAsync());
        Assert.Equal(3, await portal.ScalarAsync<long>("select count(*) from portal.audit_seals"));
        Assert.Equal(4500, (await CheckAsync(await ExportAsync())).Rows);

        await ProjectsAsync(1);
        await SealAsync();
        var from = Uri.EscapeDataString(portal.Clock.GetUtcNow().AddHours(-1).ToString("O"));
        var part = await CheckAsync(await ExportAsync($"?from={from}"));
        Assert.True(part.Holds, part.Fault?.Message);
        Assert.Equal((2L, 1L), (part.Rows, part.Seals));
    }

    [Fact]
    public async Task A_range_holds_its_beginning_and_not_its_end_also_of_rows_that_are_not_sealed()
    {
        await ProjectsAsync(1);
        var row = (await portal.ListAsync("select id::text from portal.audit_log where action = 'project_created'")).Single();
        var at = (await portal.ScalarAsync<DateTime>(
            "select occurred_at from portal.audit_log where id = @row::uuid", new { row })).ToUniversalTime();
        Assert.False(await HasAsync($"?to={Exact(at)}"));
        Assert.True(await HasAsync($"?to={Exact(at.AddMicroseconds(1))}"));
        Assert.True(await HasAsync($"?from={Exact(at)}"));
        Assert.False(await HasAsync($"?from={Exact(at.AddMicroseconds(1))}"));

        async Task<bool> HasAsync(string range) =>
            (await ExportAsync(range)).Exists(line => line.Contains($"\"{row}\"", StringComparison.Ordinal));

        static string Exact(DateTime time) => Uri.EscapeDataString(time.ToString("O"));
    }

    /// <summary>Who began first may commit later, and say so.</summary>
    [Fact]
    public async Task A_seal_is_found_by_the_times_of_all_its_rows_in_whatever_order_they_were_written()
    {
        var noon = new DateTimeOffset(portal.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddHours(12);
        await using (var connection = await portal.OpenAsync())
        {
            foreach (var minute in new[] { 5, 10, 0, 5 })
            {
                await connection.ExecuteAsync("""
                    insert into portal.audit_log (id, tenant_id, actor_kind, action, entity_type, entity_id, occurred_at)
                    values (gen_random_uuid(), @tenant, 'system', 'late', 'thing', gen_random_uuid(), @at)
                    """, new { tenant = TestPeople.Tenant, at = noon.AddMinutes(minute) });
            }
        }

        await SealAsync();
        Assert.Equal(1, await SealsAsync("from", 10));
        Assert.Equal(0, await SealsAsync("from", 11));
        Assert.Equal(1, await SealsAsync("to", 1));
        Assert.Equal(0, await SealsAsync("to", 0));

        async Task<long> SealsAsync(string end, int minute)
        {
            var part = await CheckAsync(await ExportAsync($"?{end}={Uri.EscapeDataString(noon.AddMinutes(minute).ToString("O"))}"));
            Assert.True(part.Holds, part.Fault?.Message);
            return part.Seals;
        }
    }

    [Fact]
    public async Task Only_admin_and_compliance_read_it_and_who_is_refused_leaves_a_row()
    {
        foreach (var path in new[] { "/api/audit", "/api/audit/export", "/api/audit/verification" })
        {
            (await portal.As("agency").FetchAsync(path)).Expect(403);
            (await portal.As("client").FetchAsync(path)).Expect(403);
        }

        var denied = (
            await portal.As("admin").FetchAsync(
                $"/api/audit?action=read_denied&actor={TestPeople.UserId("agency")}")).Expect(200).Field("items").AsArray();
        Assert.Equal(["ExportAudit", "ListAudit", "VerifyAudit"], denied.Select(d => d!["newValue"]!["function"]!.ToString()).Order());
        Assert.All(denied, d => Assert.Equal("403", d!["newValue"]!["status"]!.ToString()));
        Assert.Equal(
            0, await portal.ScalarAsync<long>(
                "select count(*) from portal.audit_log where tenant_id = @other", new { other = TestPeople.OtherTenant }));
    }

    [Fact]
    public async Task Asking_for_another_tenants_share_link_leaves_a_row_with_who_asked()
    {
        var link = Guid.CreateVersion7();
        (await portal.As("other-admin").FetchAsync($"/api/share-links/{link}")).Expect(404);
        var row = (
            await portal.As("other-admin").FetchAsync($"/api/audit?entityId={link}")).Expect(200).Field("items").AsArray().Single()!;
        Assert.Equal(("read_denied", "ReadShareLink"), (row["action"]!.ToString(), row["newValue"]!["function"]!.ToString()));
        Assert.Empty((await portal.As("admin").FetchAsync($"/api/audit?entityId={link}")).Expect(200).Field("items").AsArray());
    }

    [Fact]
    public async Task Playing_what_is_not_theirs_leaves_a_row_too()
    {
        var asset = Guid.CreateVersion7();
        (await portal.As("other-admin").PostAsync($"/api/assets/{asset}/playback")).Expect(404);
        Assert.Equal(1, await portal.AuditedAsync(asset, "read_denied"));
    }

    [Fact]
    public async Task Predicates_alone_keep_the_log_and_its_seals_from_another_tenant()
    {
        await ProjectsAsync(2);
        await SealAsync();
        var bypassing = await portal.BypassAsync();
        await using var sources = new PortalDataSources(NpgsqlDataSource.Create(bypassing), NpgsqlDataSource.Create(bypassing));
        var store = new AuditStore(new PortalDb(sources));
        foreach (var (tenant, seals, rows) in new[] { (TestPeople.Tenant, 1, 2), (TestPeople.OtherTenant, 0, 0) })
        {
            var of = new TenantId(tenant);
            var everything = new AuditFilter(null, null, null, null, null, null);
            Assert.Equal(rows, (await store.ListAsync(of, everything, new Page(50, null), default)).Count);
            Assert.Equal(rows, (await store.ReadChainAsync(of, ChainPlace.Beginning, 50, default)).Count);
            Assert.Equal(seals, (await store.ReadSealsAsync(of, 1, 9, 9, default)).Count);
            Assert.Equal(seals, await store.FindLastSealAsync(of, default) is null ? 0 : 1);
            Assert.Equal(seals, (await store.FindSpanAsync(of, null, null, default)).First ?? 0);
        }
    }

    [Fact]
    public async Task The_list_is_newest_first_pages_without_gaps_and_filters()
    {
        await ProjectsAsync(5);
        var project = Guid.Parse((await portal.As("admin").FetchAsync("/api/projects?limit=1")).Field("items")[0]!["id"]!.ToString());
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = (
                await portal.As("compliance").FetchAsync(
                    $"/api/audit?action=project_created&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")).Expect(200);
            seen.AddRange(page.Field("items").AsArray().Select(i => i!["id"]!.ToString()));
            cursor = page.Json!["nextCursor"]?.ToString();
        }
        while (cursor is not null);
        Assert.Equal(5, seen.Distinct().Count());
        Assert.Equal(5, seen.Count);

        Assert.Equal(
            project.ToString(), Assert.Single(await ItemsAsync($"?entityId={project}&entityType=project"))!["entityId"]!.ToString());
        Assert.Empty(await ItemsAsync($"?entityId={project}&entityType=task"));
        Assert.Equal(5, (await ItemsAsync($"?actor={TestPeople.UserId("admin")}")).Count);
        Assert.Empty(await ItemsAsync($"?to={Uri.EscapeDataString(portal.Clock.GetUtcNow().AddDays(-30).ToString("O"))}"));
        // Conditions hold together, and a range has its first moment and not its last.
        Assert.Single(await ItemsAsync($"?entityId={project}&action=project_created&actor={TestPeople.UserId("admin")}"));
        Assert.Empty(await ItemsAsync($"?entityId={project}&action=task_created"));
        Assert.Empty(await ItemsAsync($"?entityId={project}&actor={TestPeople.UserId("agency")}"));
        Assert.Empty(await ItemsAsync($"?actor={TestPeople.UserId("admin")}&action=task_created"));
        var at = await portal.ScalarAsync<DateTimeOffset>(
            "select occurred_at from portal.audit_log where entity_id = @project and action = 'project_created'", new { project });
        foreach (var (range, there) in new[]
                 {
                     ($"from={EvidenceCalls.Text(at)}", true), ($"from={EvidenceCalls.Text(at.AddMicroseconds(1))}", false),
                     ($"to={EvidenceCalls.Text(at)}", false), ($"to={EvidenceCalls.Text(at.AddMicroseconds(1))}", true),
                 })
        {
            Assert.Equal(there, (await ItemsAsync($"?entityId={project}&action=project_created&{range}")).Count == 1);
        }

        (await portal.As("admin").FetchAsync("/api/audit?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")).Expect(400);
    }

    [Fact]
    public async Task The_writer_does_not_choose_the_hash_or_the_place_in_the_chain()
    {
        await using var connection = new NpgsqlConnection(portal.Database.App);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select set_config('app.tenant_id', @tenant, true)", new { tenant = TestPeople.Tenant.ToString() });
        var written = await connection.QuerySingleAsync<(long WrittenIn, byte[] Hash)>("""
            insert into portal.audit_log (id, tenant_id, actor_kind, action, entity_type, entity_id, occurred_at, row_hash, written_in)
            values (gen_random_uuid(), @tenant, 'system', 'x', 'x', gen_random_uuid(), now(), '\x00', -5) returning written_in, row_hash
            """, new { tenant = TestPeople.Tenant });
        Assert.True(written.WrittenIn > 0);
        Assert.Equal(AuditSeal.HashLength, written.Hash.Length);
    }

    private static Task<AuditVerdict> CheckAsync(IEnumerable<string> lines, IReadOnlyDictionary<string, byte[]>? keys = null) =>
        new AuditVerifier(keys).RunAsync(lines.Select(l => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(l)).ToAsyncEnumerable());

    private static Task<int> InsertAsync(NpgsqlConnection connection, string action) => connection.ExecuteAsync("""
        insert into portal.audit_log (id, tenant_id, actor_kind, action, entity_type, entity_id, occurred_at)
        values (gen_random_uuid(), @tenant, 'system', @action, 'thing', gen_random_uuid(), now())
        """, new { tenant = TestPeople.Tenant, action });

    private string Now(double hours) => Uri.EscapeDataString(portal.Clock.GetUtcNow().AddHours(hours).ToString("O"));

    private async Task<List<string>> ExportAsync(string query = "")
    {
        var answer = (await portal.As("compliance").FetchAsync($"/api/audit/export{query}")).Expect(200);
        return [.. answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private async Task<IReadOnlyList<JsonNode?>> ItemsAsync(string query) =>
        [.. (await portal.As("admin").FetchAsync($"/api/audit{query}")).Expect(200).Field("items").AsArray()];

    private async Task ProjectsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await portal.NewProjectAsync($"Audited {i}");
            portal.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private Task SealOnceAsync() => portal.Host.RunTimerAsync("SealAudit");

    /// <summary>
    /// All rows under one seal. A row is sealed when no older transaction is open anywhere on the server, and other tests' databases are
    /// on the same one: first wait until theirs are over.
    /// </summary>
    private async Task SealAsync()
    {
        await Eventually.TrueAsync(
            () => portal.ScalarAsync<bool>("""
                select not exists (select 1 from portal.audit_log
                   where written_in >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint + portal.xid_offset())
                """),
            "transactions that are older than the rows to be over");
        await SealOnceAsync();
    }

    private Task<long> SealedAsync() =>
        portal.ScalarAsync<long>(
            "select coalesce(sum(row_count), 0) from portal.audit_seals where tenant_id = @tenant", new { tenant = TestPeople.Tenant });

    private async Task<IReadOnlyList<Guid>> IdsAsync()
    {
        await using var connection = await portal.OpenAsync();
        return (await connection.QueryAsync<Guid>("select id from portal.audit_log order by written_in, id")).AsList();
    }

    private async Task TamperAsync(string sql, Guid id)
    {
        await portal.DoAsync($"{Disarm} {sql}; {Arm}", new { id });
    }
}
