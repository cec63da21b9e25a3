using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Portal.LocalVendors;

namespace Portal.Local;

/// <summary>
/// Secrets of this installation: random, made once, kept in the database (<c>local.secrets</c>), so that all launchers on it agree: a
/// share link or a cursor made by one is good at the other. Only ever secrets of a laptop.
/// </summary>
internal sealed class LocalSecrets(NpgsqlDataSource data)
{
    private const int KeyBytes = 32;

    public required string ShareKey { get; init; }

    public required string HashKey { get; init; }

    public required string CursorKey { get; init; }

    public required string UnsubscribeKey { get; init; }

    public required string WebhookKey { get; init; }

    public required string AuditKey { get; init; }

    public required string AlertsKey { get; init; }

    public required string FunctionKey { get; init; }

    public required string SystemKey { get; init; }

    public required string MasterKey { get; init; }

    public static async Task<LocalSecrets> LoadAsync(NpgsqlDataSource data, CancellationToken ct)
    {
        return new LocalSecrets(data)
        {
            ShareKey = await KeptAsync("share-key", Base64),
            HashKey = await KeptAsync("hash-key", Base64),
            CursorKey = await KeptAsync("cursor-key", Base64),
            UnsubscribeKey = await KeptAsync("unsubscribe-key", Base64),
            WebhookKey = await KeptAsync("webhook-key", Base64),
            AlertsKey = await KeptAsync("alerts-key", Hex),
            AuditKey = await KeptAsync("audit-key", NewAuditKey),
            FunctionKey = await KeptAsync("function-key", Hex),
            SystemKey = await KeptAsync("system-key", Hex),
            MasterKey = await KeptAsync("master-key", Hex),
        };

        static string NewAuditKey()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return Convert.ToBase64String(Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        }

        static string Base64() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));
        static string Hex() => RandomNumberGenerator.GetHexString(KeyBytes, lowercase: true);

        // Of two launchers at once the first one's value stays, and both read it.
        async Task<string> KeptAsync(string name, Func<string> make)
        {
            await using var connection = await data.OpenConnectionAsync(ct);
            await connection.ExecuteAsync(
                "insert into local.secrets (name, value) values (@name, @value) on conflict do nothing", new { name, value = make() });
            return (await ReadAsync(connection, name))!;
        }
    }

    /// <summary>The key that signs playback tokens: made through Mux's API as an operator would, kept, and made again if Mux forgot
    /// it.</summary>
    public async Task<(string Id, string PrivateKey)> MuxSigningKeyAsync(LocalMux mux, LocalMuxOptions options, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = mux.ApiUrl };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.TokenId}:{options.TokenSecret}")));
        await using var connection = await data.OpenConnectionAsync(ct);
        if (await ReadAsync(connection, "mux-signing-key") is { } kept && kept.Split(' ') is [var id, var key]
            && (await http.GetAsync(new Uri($"system/v1/signing-keys/{id}", UriKind.Relative), ct)).IsSuccessStatusCode)
        {
            return (id, key);
        }

        using var response = await http.PostAsync(new Uri("system/v1/signing-keys", UriKind.Relative), null, ct);
        response.EnsureSuccessStatusCode();
        var made = (await response.Content.ReadFromJsonAsync<JsonObject>(ct))!["data"]!;
        var (newId, newKey) = ((string)made["id"]!, (string)made["private_key"]!);
        // Another launcher may have made one meanwhile: both are good.
        await connection.ExecuteAsync(
            "insert into local.secrets (name, value) values ('mux-signing-key', @value) on conflict (name) do update set value = "
                + "excluded.value",
            new { value = $"{newId} {newKey}" });
        return (newId, newKey);
    }

    private static Task<string?> ReadAsync(NpgsqlConnection connection, string name) =>
        connection.ExecuteScalarAsync<string?>("select value from local.secrets where name = @name", new { name });
}
