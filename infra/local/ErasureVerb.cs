using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Portal.Compliance;
using Portal.Compliance.Erasure;

namespace Portal.Local;

/// <summary><c>erasure verify &lt;certificate&gt;</c>: checks the certificate of an erasure with nothing but the file and, better, the
/// public key from elsewhere.</summary>
internal static class ErasureVerb
{
    public static async Task<int> RunAsync(LauncherArguments arguments, TextWriter output, CancellationToken ct)
    {
        var file = await ReadAsync(arguments.File!, ct);
        var keys = PublicKeys.Read(arguments.Keys);
        if (keys.Count > 0 && !keys.ContainsKey(file.KeyId))
        {
            await output.WriteLineAsync($"NOT CHECKED: it is signed with key {file.KeyId}, which is not given.");
            return 1;
        }

        if (!IsSigned(keys.GetValueOrDefault(file.KeyId), file))
        {
            await output.WriteLineAsync($"NOT AS SIGNED: the signature is not one of key {file.KeyId} over this document.");
            return 1;
        }

        // Who reads the other part of the file must not be told anything else.
        if (file.Certificate is { } shown && !JsonElement.DeepEquals(shown, JsonSerializer.Deserialize<JsonElement>(file.Document)))
        {
            await output.WriteLineAsync("NOT AS SIGNED: the file's certificate says something else than the document that is signed.");
            return 1;
        }

        await PrintAsync(ErasureCertificates.Read(file.Document), output);
        if (keys.Count == 0)
        {
            await output.WriteLineAsync("The signature was checked with the key in the file itself. With --key it proves who signed it.");
        }

        return 0;
    }

    private static async Task PrintAsync(ErasureCertificate certificate, TextWriter output)
    {
        await output.WriteLineAsync(
            $"As signed: erasure {certificate.ErasureId} of a {certificate.Subject.Who} of tenant {certificate.TenantId}, completed "
                + $"{Moment(certificate.CompletedAt)}.");
        foreach (var data in certificate.Data)
        {
            await output.WriteLineAsync($"  {data.Table}: {data.Did}{(data.Rows is { } rows ? $", {rows} rows" : $" – {data.Why}")}");
        }

        foreach (var processor in certificate.Processors)
        {
            await output.WriteLineAsync(
                $"  {processor.Name}: {processor.Did}{(processor.Holds is null ? "" : $"; it holds {processor.Holds}")}");
        }

        await output.WriteLineAsync($"Backups of the database hold the rows until {Moment(certificate.BackupsUntil)}.");
    }

    private static string Moment(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <param name="key">Null: the one in the file.</param>
    private static bool IsSigned(byte[]? key, CertificateFile file)
    {
        try
        {
            return AuditKeys.Verify(
                key ?? Convert.FromBase64String(file.PublicKey), ErasureCertificates.Message(file.Document),
                Convert.FromBase64String(file.Signature));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return false;
        }
    }

    /// <exception cref="LauncherException">It is no certificate.</exception>
    private static async Task<CertificateFile> ReadAsync(string path, CancellationToken ct)
    {
        try
        {
            return JsonSerializer.Deserialize<CertificateFile>(await File.ReadAllTextAsync(path, ct), JsonSerializerOptions.Web)
                is { Document: not null, KeyId: not null, PublicKey: not null, Signature: not null } file
                ? file
                : throw new LauncherException($"{path} is not the certificate of an erasure.");
        }
        catch (JsonException)
        {
            throw new LauncherException($"{path} is not the certificate of an erasure.");
        }
    }

    private sealed record CertificateFile(string Document, string KeyId, string PublicKey, string Signature, JsonElement? Certificate);
}
