using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portal.Compliance.Exports.Tenants;

/// <summary>
/// A tenant's export that somebody brings: nothing in it is believed. It has the files that this program writes and no others, each once;
/// unpacking ends where no export would; a line is read at a time.
/// </summary>
/// <exception cref="InvalidDataException">It is no such file; the message is a clause that says why.</exception>
public sealed class TenantFile : IDisposable
{
    public const int MostLineBytes = 8 << 20;

    private const int MostAboutBytes = 65_536;
    private const long LeastBytes = 16L << 20;
    private const long MostBytes = 32L << 30;

    /// <summary>What repeats itself packs well, but not better than this.</summary>
    private const int MostRatio = 200;

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerOptions.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private readonly ZipArchive zip;
    private long left;

    public TenantFile(Stream file)
    {
        left = Math.Min(MostBytes, LeastBytes + (MostRatio * file.Length));
        zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        var names = zip.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal);
        if (!names.SequenceEqual(Names.Order(StringComparer.Ordinal)))
        {
            throw new InvalidDataException("it does not hold the files of a tenant's export, each once, and no others.");
        }
    }

    private static IEnumerable<string> Names =>
    [
        TenantExport.FileName, TenantExport.ReadmeName, TenantExport.AuditName, TenantExport.MediaName,
        .. TenantTables.All.Select(table => table.File),
    ];

    public void Dispose() => zip.Dispose();

    public async Task<TenantExport> AboutAsync(CancellationToken ct)
    {
        await using var stream = await zip.GetEntry(TenantExport.FileName)!.OpenAsync(ct);
        var bytes = new byte[MostAboutBytes];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
        try
        {
            return JsonSerializer.Deserialize<TenantExport>(bytes.AsSpan(0, length), Strict) is
            { Format: TenantExport.Current, Kind: SubjectKind.Tenant } about
                ? about
                : throw new InvalidDataException($"it is not of the format {TenantExport.Current}, the one that can be restored.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{TenantExport.FileName} is not what a tenant's export says of itself.", e);
        }
    }

    /// <summary>Each line without its end.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(string name, [EnumeratorCancellation] CancellationToken ct)
    {
        var reader = PipeReader.Create(await zip.GetEntry(name)!.OpenAsync(ct));
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(ct);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = Within(name, rest.Slice(0, end)).ToArray();
                    rest = rest.Slice(rest.GetPosition(1, end));
                    yield return line;
                }

                if (read.IsCompleted)
                {
                    if (!rest.IsEmpty)
                    {
                        throw new InvalidDataException($"{name} ends in the middle of a line.");
                    }

                    yield break;
                }

                if (rest.Length > MostLineBytes)
                {
                    throw TooLarge(name);
                }

                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private ReadOnlySequence<byte> Within(string name, ReadOnlySequence<byte> line)
    {
        left -= line.Length + 1;
        return left >= 0 && line.Length <= MostLineBytes ? line : throw TooLarge(name);
    }

    private static InvalidDataException TooLarge(string name) => new($"{name} unpacks to more than an export holds.");
}
