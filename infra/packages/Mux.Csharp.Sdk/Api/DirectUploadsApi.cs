#nullable disable
using Mux.Csharp.Sdk.Client;
using Mux.Csharp.Sdk.Model;
using Verb = System.Net.Http.HttpMethod;

namespace Mux.Csharp.Sdk.Api;

public interface IDirectUploadsApiAsync
{
    Task<ApiResponse<UploadResponse>> CancelDirectUploadWithHttpInfoAsync(
        string UPLOAD_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<UploadResponse>> CreateDirectUploadWithHttpInfoAsync(
        CreateUploadRequest createUploadRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<UploadResponse>> GetDirectUploadWithHttpInfoAsync(string UPLOAD_ID, CancellationToken cancellationToken = default);
}

public class DirectUploadsApi : IDirectUploadsApiAsync
{
    private readonly MuxTransport transport;

    public DirectUploadsApi(Configuration configuration)
    {
        transport = new MuxTransport(nameof(DirectUploadsApi), configuration);
    }

    public async Task<ApiResponse<UploadResponse>> CancelDirectUploadWithHttpInfoAsync(
        string UPLOAD_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(UPLOAD_ID, "UPLOAD_ID", "CancelDirectUpload");
        return await transport.SendAsync<UploadResponse>(
            "CancelDirectUpload", Verb.Put, $"/video/v1/uploads/{Uri.EscapeDataString(UPLOAD_ID)}/cancel", cancellationToken);
    }

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
}
