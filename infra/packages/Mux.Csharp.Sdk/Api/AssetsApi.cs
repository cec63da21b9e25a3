#nullable disable
using Mux.Csharp.Sdk.Client;
using Mux.Csharp.Sdk.Model;
using Verb = System.Net.Http.HttpMethod;

namespace Mux.Csharp.Sdk.Api;

public interface IAssetsApiAsync : IApiAccessor
{
    Task<AssetResponse> CreateAssetAsync(CreateAssetRequest createAssetRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<AssetResponse>> CreateAssetWithHttpInfoAsync(
        CreateAssetRequest createAssetRequest, CancellationToken cancellationToken = default);

    Task<CreatePlaybackIDResponse> CreateAssetPlaybackIdAsync(
        string ASSET_ID, CreatePlaybackIDRequest createPlaybackIDRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<CreatePlaybackIDResponse>> CreateAssetPlaybackIdWithHttpInfoAsync(
        string ASSET_ID, CreatePlaybackIDRequest createPlaybackIDRequest, CancellationToken cancellationToken = default);

    Task<CreateStaticRenditionResponse> CreateAssetStaticRenditionAsync(
        string ASSET_ID, CreateStaticRenditionRequest createStaticRenditionRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<CreateStaticRenditionResponse>> CreateAssetStaticRenditionWithHttpInfoAsync(
        string ASSET_ID, CreateStaticRenditionRequest createStaticRenditionRequest, CancellationToken cancellationToken = default);

    Task DeleteAssetAsync(string ASSET_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<object>> DeleteAssetWithHttpInfoAsync(string ASSET_ID, CancellationToken cancellationToken = default);

    Task DeleteAssetPlaybackIdAsync(string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<object>> DeleteAssetPlaybackIdWithHttpInfoAsync(
        string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default);

    Task DeleteAssetStaticRenditionAsync(string ASSET_ID, string STATIC_RENDITION_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<object>> DeleteAssetStaticRenditionWithHttpInfoAsync(
        string ASSET_ID, string STATIC_RENDITION_ID, CancellationToken cancellationToken = default);

    Task<AssetResponse> GetAssetAsync(string ASSET_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<AssetResponse>> GetAssetWithHttpInfoAsync(string ASSET_ID, CancellationToken cancellationToken = default);

    Task<GetAssetPlaybackIDResponse> GetAssetPlaybackIdAsync(
        string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<GetAssetPlaybackIDResponse>> GetAssetPlaybackIdWithHttpInfoAsync(
        string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default);

    Task<ListAssetsResponse> ListAssetsAsync(
        int? limit = null,
        int? page = null,
        string liveStreamId = null,
        string uploadId = null,
        CancellationToken cancellationToken = default);

    Task<ApiResponse<ListAssetsResponse>> ListAssetsWithHttpInfoAsync(
        int? limit = null,
        int? page = null,
        string liveStreamId = null,
        string uploadId = null,
        CancellationToken cancellationToken = default);

    Task<AssetResponse> UpdateAssetAsync(
        string ASSET_ID, UpdateAssetRequest updateAssetRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<AssetResponse>> UpdateAssetWithHttpInfoAsync(
        string ASSET_ID, UpdateAssetRequest updateAssetRequest, CancellationToken cancellationToken = default);
}

public interface IAssetsApi : IAssetsApiAsync
{
}

public class AssetsApi : IAssetsApi
{
    private readonly MuxTransport transport;

    public AssetsApi(string basePath)
        : this(new Configuration { BasePath = basePath })
    {
    }

    public AssetsApi(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        transport = new MuxTransport(nameof(AssetsApi), configuration);
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

    public async Task<AssetResponse> CreateAssetAsync(
        CreateAssetRequest createAssetRequest, CancellationToken cancellationToken = default) =>
        (await CreateAssetWithHttpInfoAsync(createAssetRequest, cancellationToken)).Data;

    public async Task<ApiResponse<AssetResponse>> CreateAssetWithHttpInfoAsync(
        CreateAssetRequest createAssetRequest, CancellationToken cancellationToken = default)
    {
        transport.Require(createAssetRequest, "createAssetRequest", "CreateAsset");
        return await transport.SendAsync<AssetResponse>(
            "CreateAsset", Verb.Post, "/video/v1/assets", cancellationToken, createAssetRequest);
    }

    public async Task<CreatePlaybackIDResponse> CreateAssetPlaybackIdAsync(
        string ASSET_ID, CreatePlaybackIDRequest createPlaybackIDRequest, CancellationToken cancellationToken = default) =>
        (await CreateAssetPlaybackIdWithHttpInfoAsync(ASSET_ID, createPlaybackIDRequest, cancellationToken)).Data;

    public async Task<ApiResponse<CreatePlaybackIDResponse>> CreateAssetPlaybackIdWithHttpInfoAsync(
        string ASSET_ID, CreatePlaybackIDRequest createPlaybackIDRequest, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "CreateAssetPlaybackId");
        transport.Require(createPlaybackIDRequest, "createPlaybackIDRequest", "CreateAssetPlaybackId");
        return await transport.SendAsync<CreatePlaybackIDResponse>(
            "CreateAssetPlaybackId",
            Verb.Post,
            $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}/playback-ids",
            cancellationToken,
            createPlaybackIDRequest);
    }

    public async Task<CreateStaticRenditionResponse> CreateAssetStaticRenditionAsync(
        string ASSET_ID, CreateStaticRenditionRequest createStaticRenditionRequest, CancellationToken cancellationToken = default) =>
        (await CreateAssetStaticRenditionWithHttpInfoAsync(ASSET_ID, createStaticRenditionRequest, cancellationToken)).Data;

    public async Task<ApiResponse<CreateStaticRenditionResponse>> CreateAssetStaticRenditionWithHttpInfoAsync(
        string ASSET_ID, CreateStaticRenditionRequest createStaticRenditionRequest, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "CreateAssetStaticRendition");
        transport.Require(createStaticRenditionRequest, "createStaticRenditionRequest", "CreateAssetStaticRendition");
        return await transport.SendAsync<CreateStaticRenditionResponse>(
            "CreateAssetStaticRendition",
            Verb.Post,
            $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}/static-renditions",
            cancellationToken,
            createStaticRenditionRequest);
    }

    public Task DeleteAssetAsync(string ASSET_ID, CancellationToken cancellationToken = default) =>
        DeleteAssetWithHttpInfoAsync(ASSET_ID, cancellationToken);

    public async Task<ApiResponse<object>> DeleteAssetWithHttpInfoAsync(string ASSET_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "DeleteAsset");
        return await transport.SendAsync<object>(
            "DeleteAsset", Verb.Delete, $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}", cancellationToken);
    }

    public Task DeleteAssetPlaybackIdAsync(string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default) =>
        DeleteAssetPlaybackIdWithHttpInfoAsync(ASSET_ID, PLAYBACK_ID, cancellationToken);

    public async Task<ApiResponse<object>> DeleteAssetPlaybackIdWithHttpInfoAsync(
        string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "DeleteAssetPlaybackId");
        transport.Require(PLAYBACK_ID, "PLAYBACK_ID", "DeleteAssetPlaybackId");
        return await transport.SendAsync<object>(
            "DeleteAssetPlaybackId",
            Verb.Delete,
            $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}/playback-ids/{Uri.EscapeDataString(PLAYBACK_ID)}",
            cancellationToken);
    }

    public Task DeleteAssetStaticRenditionAsync(
        string ASSET_ID, string STATIC_RENDITION_ID, CancellationToken cancellationToken = default) =>
        DeleteAssetStaticRenditionWithHttpInfoAsync(ASSET_ID, STATIC_RENDITION_ID, cancellationToken);

    public async Task<ApiResponse<object>> DeleteAssetStaticRenditionWithHttpInfoAsync(
        string ASSET_ID, string STATIC_RENDITION_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "DeleteAssetStaticRendition");
        transport.Require(STATIC_RENDITION_ID, "STATIC_RENDITION_ID", "DeleteAssetStaticRendition");
        return await transport.SendAsync<object>(
            "DeleteAssetStaticRendition",
            Verb.Delete,
            $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}/static-renditions/{Uri.EscapeDataString(STATIC_RENDITION_ID)}",
            cancellationToken);
    }

    public async Task<AssetResponse> GetAssetAsync(string ASSET_ID, CancellationToken cancellationToken = default) =>
        (await GetAssetWithHttpInfoAsync(ASSET_ID, cancellationToken)).Data;

    public async Task<ApiResponse<AssetResponse>> GetAssetWithHttpInfoAsync(
        string ASSET_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "GetAsset");
        return await transport.SendAsync<AssetResponse>(
            "GetAsset", Verb.Get, $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}", cancellationToken);
    }

    public async Task<GetAssetPlaybackIDResponse> GetAssetPlaybackIdAsync(
        string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default) =>
        (await GetAssetPlaybackIdWithHttpInfoAsync(ASSET_ID, PLAYBACK_ID, cancellationToken)).Data;

    public async Task<ApiResponse<GetAssetPlaybackIDResponse>> GetAssetPlaybackIdWithHttpInfoAsync(
        string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "GetAssetPlaybackId");
        transport.Require(PLAYBACK_ID, "PLAYBACK_ID", "GetAssetPlaybackId");
        return await transport.SendAsync<GetAssetPlaybackIDResponse>(
            "GetAssetPlaybackId",
            Verb.Get,
            $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}/playback-ids/{Uri.EscapeDataString(PLAYBACK_ID)}",
            cancellationToken);
    }

    public async Task<ListAssetsResponse> ListAssetsAsync(
        int? limit = null,
        int? page = null,
        string liveStreamId = null,
        string uploadId = null,
        CancellationToken cancellationToken = default) =>
        (await ListAssetsWithHttpInfoAsync(limit, page, liveStreamId, uploadId, cancellationToken)).Data;

    public async Task<ApiResponse<ListAssetsResponse>> ListAssetsWithHttpInfoAsync(
        int? limit = null,
        int? page = null,
        string liveStreamId = null,
        string uploadId = null,
        CancellationToken cancellationToken = default)
    {
        return await transport.SendAsync<ListAssetsResponse>(
            "ListAssets",
            Verb.Get,
            "/video/v1/assets",
            cancellationToken,
            null,
            ("limit", limit),
            ("page", page),
            ("live_stream_id", liveStreamId),
            ("upload_id", uploadId));
    }

    public async Task<AssetResponse> UpdateAssetAsync(
        string ASSET_ID, UpdateAssetRequest updateAssetRequest, CancellationToken cancellationToken = default) =>
        (await UpdateAssetWithHttpInfoAsync(ASSET_ID, updateAssetRequest, cancellationToken)).Data;

    public async Task<ApiResponse<AssetResponse>> UpdateAssetWithHttpInfoAsync(
        string ASSET_ID, UpdateAssetRequest updateAssetRequest, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "UpdateAsset");
        transport.Require(updateAssetRequest, "updateAssetRequest", "UpdateAsset");
        return await transport.SendAsync<AssetResponse>(
            "UpdateAsset", Verb.Patch, $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}", cancellationToken, updateAssetRequest);
    }
}
