using System.Text;
using System.Text.Json;
using Portal.Foundation.Audit;
using Portal.Foundation.Db;
using Portal.Foundation.Identity;

namespace Portal.Compliance.Exports.Tenants;

/// <summary>What was restored.</summary>
/// <param name="Audit">What the check of the audit log's file came to: it is not restored.</param>
public sealed record ImportedTenant(TenantExport Export, AuditVerdict Audit);

/// <summary>
/// Restores a tenant's export into a portal that does not have the tenant, in one transaction: all of it is there, or nothing. As
/// <c>portal_app</c>, with the tenant set, as everything else that is done for a tenant.
/// </summary>
public sealed class ImportTenant(PortalDb db, TenantImportStore store, AuditWriter audit)
{
    private const int BatchRows = 500;
    private const int BatchBytes = 4 << 20;

    /// <param name="organization">At Clerk, where its people sign in; null: the one they came from.</param>
    /// <exception cref="InvalidDataException">Nothing was restored; the message is a clause that says why.</exception>
    public async Task<ImportedTenant> RunAsync(TenantFile file, string? organization, CancellationToken ct)
    {
        var about = await file.AboutAsync(ct);
        var tenant = new TenantId(about.TenantId);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var verdict = await new AuditVerifier(null).RunAsync(CountedAsync(TenantExport.AuditName));
        if (!verdict.Holds || verdict.TenantId != about.TenantId || verdict.Range is not { IsWhole: true })
        {
            throw new InvalidDataException($"{TenantExport.AuditName} is not the whole audit log as it was sealed.");
        }

        await db.InTenantAsync(tenant, async tx =>
        {
            foreach (var table in TenantTables.All)
            {
                await foreach (var rows in BatchesAsync(table, CountedAsync(table.File)))
                {
                    if (table.IsRestored)
                    {
                        await store.AddAsync(tx, tenant, table, organization, rows);
                    }
                }
            }

            await foreach (var _ in CountedAsync(TenantExport.MediaName))
            {
                // To be read only: that it is whole is enough.
            }

            if (counts.Count != about.Records.Count || counts.Any(c => about.Records.GetValueOrDefault(c.Key, -1) != c.Value))
            {
                throw new InvalidDataException($"its files do not hold as many lines as {TenantExport.FileName} says.");
            }

            await store.FinishAsync(tx, tenant);
            await audit.WriteAsync(tx, tenant, Actor.System("import"), new AuditEntry(
                "tenant_imported", "tenant", tenant.Value, null,
                new { exportId = about.ExportId, madeAt = about.MadeAt, auditRows = verdict.Rows + verdict.Unsealed, verdict.LastSeal }));
            return true;
        }, ct);
        return new(about, verdict);

        async IAsyncEnumerable<ReadOnlyMemory<byte>> CountedAsync(string name)
        {
            var count = 0;
            await foreach (var line in file.LinesAsync(name, ct))
            {
                count++;
                yield return line;
            }

            counts[Path.GetFileNameWithoutExtension(name)] = count;
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<string>> BatchesAsync(
        TenantTable table, IAsyncEnumerable<ReadOnlyMemory<byte>> lines)
    {
        var (rows, bytes, number) = (new List<string>(), 0, 0);
        await foreach (var line in lines)
        {
            number++;
            if (!IsRow(table, line))
            {
                throw new InvalidDataException($"line {number} of {table.File} is not a record with its fields and no others.");
            }

            rows.Add(Encoding.UTF8.GetString(line.Span));
            bytes += line.Length;
            if (rows.Count == BatchRows || bytes >= BatchBytes)
            {
                yield return rows;
                (rows, bytes) = ([], 0);
            }
        }

        if (table.Name == "tenants" && number != 1)
        {
            throw new InvalidDataException($"{table.File} does not hold one organization.");
        }

        if (rows.Count > 0)
        {
            yield return rows;
        }
    }

    private static bool IsRow(TenantTable table, ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement is { ValueKind: JsonValueKind.Object } row
                && row.EnumerateObject().Count() == table.Fields.Count
                && table.Fields.All(field => row.TryGetProperty(field.Name, out _))
                && (table.Name != "tenants" || IsZone(row.GetProperty("time_zone")));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The one text that no constraint checks and whose timers would stumble over.</summary>
    private static bool IsZone(JsonElement zone) =>
        zone.ValueKind == JsonValueKind.String && TimeZoneInfo.TryFindSystemTimeZoneById(zone.GetString()!, out _);
}
