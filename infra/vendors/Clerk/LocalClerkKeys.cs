using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors.Clerk;

/// <summary>The instance's signing keys. They live in the database: two processes sign alike, and a restart changes nothing.</summary>
internal sealed class LocalClerkKeys(VendorHost host, LocalClerkOptions options, string instanceId)
{
    public string InstanceId => instanceId;

    /// <summary>Makes the first key unless some process did already; its <c>kid</c> is the instance's id, as Clerk has it.</summary>
    public Task EnsureAsync() => AddAsync(instanceId);

    public async Task<string> RotateAsync(bool keepOld)
    {
        var kid = "ins_" + Ids.New(27);
        if (!keepOld)
        {
            await using var connection = await host.Data.OpenConnectionAsync();
            await connection.ExecuteAsync("update vendors.clerk_keys set published = false");
        }
        await AddAsync(kid);
        return kid;
    }

    /// <summary>The newest key.</summary>
    public async Task<(string Kid, RSA Key)> CurrentAsync(CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var (kid, bytes) = await connection.QuerySingleAsync<(string, byte[])>(
            "select kid, private_key from vendors.clerk_keys where published order by seq desc limit 1");
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(bytes, out _);
        return (kid, rsa);
    }

    public async Task<JsonObject> JwksAsync(CancellationToken ct)
    {
        await using var connection = await host.Data.OpenConnectionAsync(ct);
        var keys = new JsonArray();
        foreach (var (kid, bytes) in await connection.QueryAsync<(string, byte[])>("select kid, private_key from vendors.clerk_keys "
            + "where published order by seq"))
        {
            using var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(bytes, out _);
            var parts = rsa.ExportParameters(false);
            keys.Add((JsonNode)new JsonObject
            {
                ["use"] = "sig",
                ["kty"] = "RSA",
                ["kid"] = kid,
                ["alg"] = "RS256",
                ["n"] = Base64Url.EncodeToString(parts.Modulus),
                ["e"] = Base64Url.EncodeToString(parts.Exponent),
            });
        }
        return new JsonObject { ["keys"] = keys };
    }

    public static string Encode(JsonObject header, JsonObject claims, RSA key)
    {
        var message = $"{Part(header)}.{Part(claims)}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(message), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{message}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(VendorReply.Text(json)));

    private async Task AddAsync(string kid)
    {
        using var rsa = options.NewKey();
        await using var connection = await host.Data.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "insert into vendors.clerk_keys (kid, private_key, created_at) values (@kid, @key, @now) on conflict do nothing",
            new { kid, key = rsa.ExportPkcs8PrivateKey(), now = host.Now.UtcDateTime });
    }
}
