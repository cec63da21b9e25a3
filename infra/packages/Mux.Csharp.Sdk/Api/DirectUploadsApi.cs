#nullable disable
using Mux.Csharp.Sdk.Client;
using Mux.Csharp.Sdk.Model;
using Verb = System.Net.Http.HttpMethod;

namespace Mux.Csharp.Sdk.Api;

public interface IDirectUploadsApiAsync : IApiAccessor
{
    Task<UploadResponse> CancelDirectUploadAsync(string UPLOAD_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<UploadResponse>> CancelDirectUploadWithHttpInfoAsync(
        string UPLOAD_ID, CancellationToken cancellationToken = default);

    Task<UploadResponse> CreateDirectUploadAsync(CreateUploadRequest createUploadRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<UploadResponse>> CreateDirectUploadWithHttpInfoAsync(
        CreateUploadRequest createUploadRequest, CancellationToken cancellationToken = default);

    Task<UploadResponse> GetDirectUploadAsync(string UPLOAD_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<UploadResponse>> GetDirectUploadWithHttpInfoAsync(string UPLOAD_ID, CancellationToken cancellationToken = default);

    Task<ListUploadsResponse> ListDirectUploadsAsync(int? limit = null, int? page = null, CancellationToken cancellationToken = default);

    Task<ApiResponse<ListUploadsResponse>> ListDirectUploadsWithHttpInfoAsync(
        int? limit = null, int? page = null, CancellationToken cancellationToken = default);
}

public interface IDirectUploadsApi : IDirectUploadsApiAsync
{
}

public class DirectUploadsApi : IDirectUploadsApi
{
    private readonly MuxTransport transport;

    public DirectUploadsApi(string basePath)
        : this(new Configuration { BasePath = basePath })
    {
    }

    public DirectUploadsApi(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        transport = new MuxTransport(nameof(DirectUploadsApi), configuration);
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

    public async Task<UploadResponse> CancelDirectUploadAsync(string UPLOAD_ID, CancellationToken cancellationToken = default) =>
        (await CancelDirectUploadWithHttpInfoAsync(UPLOAD_ID, cancellationToken)).Data;

    public async Task<ApiResponse<UploadResponse>> CancelDirectUploadWithHttpInfoAsync(
        string UPLOAD_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(UPLOAD_ID, "UPLOAD_ID", "CancelDirectUpload");
        return await transport.SendAsync<UploadResponse>(
            "CancelDirectUpload", Verb.Put, $"/video/v1/uploads/{Uri.EscapeDataString(UPLOAD_ID)}/cancel", cancellationToken);
    }

    public async Task<UploadResponse> CreateDirectUploadAsync(
        CreateUploadRequest createUploadRequest, CancellationToken cancellationToken = default) =>
        (await CreateDirectUploadWithHttpInfoAsync(createUploadRequest, cancellationToken)).Data;

    public async Task<ApiResponse<UploadResponse>> CreateDirectUploadWithHttpInfoAsync(
        CreateUploadRequest createUploadRequest, CancellationToken cancellationToken = default)
    {
        transport.Require(createUploadRequest, "createUploadRequest", "CreateDirectUpload");
        return await transport.SendAsync<UploadResponse>(
            "CreateDirectUpload", Verb.Post, "/video/v1/uploads", cancellationToken, createUploadRequest);
    }

    public async Task<UploadResponse> GetDirectUploadAsync(string UPLOAD_ID, CancellationToken cancellationToken = default) =>
        (await GetDirectUploadWithHttpInfoAsync(UPLOAD_ID, cancellationToken)).Data;

    public async Task<ApiResponse<UploadResponse>> GetDirectUploadWithHttpInfoAsync(
        string UPLOAD_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(UPLOAD_ID, "UPLOAD_ID", "GetDirectUpload");
        return await transport.SendAsync<UploadResponse>(
            "GetDirectUpload", Verb.Get, $"/video/v1/uploads/{Uri.EscapeDataString(UPLOAD_ID)}", cancellationToken);
    }

    public async Task<ListUploadsResponse> ListDirectUploadsAsync(
        int? limit = null, int? page = null, CancellationToken cancellationToken = default) =>
        (await ListDirectUploadsWithHttpInfoAsync(limit, page, cancellationToken)).Data;

    public async Task<ApiResponse<ListUploadsResponse>> ListDirectUploadsWithHttpInfoAsync(
        int? limit = null, int? page = null, CancellationToken cancellationToken = default)
    {
        return await transport.SendAsync<ListUploadsResponse>(
            "ListDirectUploads", Verb.Get, "/video/v1/uploads", cancellationToken, null, ("limit", limit), ("page", page));
    }
}
