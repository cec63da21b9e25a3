#nullable disable
using Mux.Csharp.Sdk.Client;
using Mux.Csharp.Sdk.Model;
using Verb = System.Net.Http.HttpMethod;

namespace Mux.Csharp.Sdk.Api;

public interface ISigningKeysApiAsync : IApiAccessor
{
    Task<SigningKeyResponse> CreateSigningKeyAsync(CancellationToken cancellationToken = default);

    Task<ApiResponse<SigningKeyResponse>> CreateSigningKeyWithHttpInfoAsync(CancellationToken cancellationToken = default);

    Task DeleteSigningKeyAsync(string SIGNING_KEY_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<object>> DeleteSigningKeyWithHttpInfoAsync(string SIGNING_KEY_ID, CancellationToken cancellationToken = default);

    Task<SigningKeyResponse> GetSigningKeyAsync(string SIGNING_KEY_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<SigningKeyResponse>> GetSigningKeyWithHttpInfoAsync(
        string SIGNING_KEY_ID, CancellationToken cancellationToken = default);

    Task<ListSigningKeysResponse> ListSigningKeysAsync(
        int? limit = null, int? page = null, CancellationToken cancellationToken = default);

    Task<ApiResponse<ListSigningKeysResponse>> ListSigningKeysWithHttpInfoAsync(
        int? limit = null, int? page = null, CancellationToken cancellationToken = default);
}

public interface ISigningKeysApi : ISigningKeysApiAsync
{
}

public class SigningKeysApi : ISigningKeysApi
{
    private readonly MuxTransport transport;

    public SigningKeysApi(string basePath)
        : this(new Configuration { BasePath = basePath })
    {
    }

    public SigningKeysApi(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        transport = new MuxTransport(nameof(SigningKeysApi), configuration);
    }

    public IReadableConfiguration Configuration
    {
        get => transport.Configuration;
        set => transport.Configuration = value;
    }

    public ExceptionFactory ExceptionFactory
    {
        get => transport.ExceptionFactory;
        set => transport.ExceptionFactory = value;
    }

    public string GetBasePath() => transport.Configuration.BasePath;

    public async Task<SigningKeyResponse> CreateSigningKeyAsync(CancellationToken cancellationToken = default) =>
        (await CreateSigningKeyWithHttpInfoAsync(cancellationToken)).Data;

    public async Task<ApiResponse<SigningKeyResponse>> CreateSigningKeyWithHttpInfoAsync(CancellationToken cancellationToken = default)
    {
        return await transport.SendAsync<SigningKeyResponse>("CreateSigningKey", Verb.Post, "/system/v1/signing-keys", cancellationToken);
    }

    public Task DeleteSigningKeyAsync(string SIGNING_KEY_ID, CancellationToken cancellationToken = default) =>
        DeleteSigningKeyWithHttpInfoAsync(SIGNING_KEY_ID, cancellationToken);

    public async Task<ApiResponse<object>> DeleteSigningKeyWithHttpInfoAsync(
        string SIGNING_KEY_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(SIGNING_KEY_ID, "SIGNING_KEY_ID", "DeleteSigningKey");
        return await transport.SendAsync<object>(
            "DeleteSigningKey", Verb.Delete, $"/system/v1/signing-keys/{Uri.EscapeDataString(SIGNING_KEY_ID)}", cancellationToken);
    }

    public async Task<SigningKeyResponse> GetSigningKeyAsync(string SIGNING_KEY_ID, CancellationToken cancellationToken = default) =>
        (await GetSigningKeyWithHttpInfoAsync(SIGNING_KEY_ID, cancellationToken)).Data;

    public async Task<ApiResponse<SigningKeyResponse>> GetSigningKeyWithHttpInfoAsync(
        string SIGNING_KEY_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(SIGNING_KEY_ID, "SIGNING_KEY_ID", "GetSigningKey");
        return await transport.SendAsync<SigningKeyResponse>(
            "GetSigningKey", Verb.Get, $"/system/v1/signing-keys/{Uri.EscapeDataString(SIGNING_KEY_ID)}", cancellationToken);
    }

    public async Task<ListSigningKeysResponse> ListSigningKeysAsync(
        int? limit = null, int? page = null, CancellationToken cancellationToken = default) =>
        (await ListSigningKeysWithHttpInfoAsync(limit, page, cancellationToken)).Data;

    public async Task<ApiResponse<ListSigningKeysResponse>> ListSigningKeysWithHttpInfoAsync(
        int? limit = null, int? page = null, CancellationToken cancellationToken = default)
    {
        return await transport.SendAsync<ListSigningKeysResponse>(
            "ListSigningKeys", Verb.Get, "/system/v1/signing-keys", cancellationToken, null, ("limit", limit), ("page", page));
    }
}
