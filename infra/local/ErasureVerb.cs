using System.Globalization;
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
        var signature = new DocumentSignature(file.KeyId, file.PublicKey, file.Signature);
        if (signature.Fault(ErasureCertificates.Message(file.Document), keys) is { } fault)
        {
            await output.WriteLineAsync(fault);
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
