#nullable disable
using Mux.Csharp.Sdk.Client;
using Mux.Csharp.Sdk.Model;
using Verb = System.Net.Http.HttpMethod;

namespace Mux.Csharp.Sdk.Api;

public interface IAssetsApiAsync
{
    Task<ApiResponse<AssetResponse>> CreateAssetWithHttpInfoAsync(
        CreateAssetRequest createAssetRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<CreatePlaybackIDResponse>> CreateAssetPlaybackIdWithHttpInfoAsync(
        string ASSET_ID, CreatePlaybackIDRequest createPlaybackIDRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<CreateStaticRenditionResponse>> CreateAssetStaticRenditionWithHttpInfoAsync(
        string ASSET_ID, CreateStaticRenditionRequest createStaticRenditionRequest, CancellationToken cancellationToken = default);

    Task<ApiResponse<object>> DeleteAssetWithHttpInfoAsync(string ASSET_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<object>> DeleteAssetPlaybackIdWithHttpInfoAsync(
        string ASSET_ID, string PLAYBACK_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<AssetResponse>> GetAssetWithHttpInfoAsync(string ASSET_ID, CancellationToken cancellationToken = default);

    Task<ApiResponse<ListAssetsResponse>> ListAssetsWithHttpInfoAsync(
        int? limit = null,
        int? page = null,
        string liveStreamId = null,
        string uploadId = null,
        CancellationToken cancellationToken = default);
}

public class AssetsApi : IAssetsApiAsync
{
    private readonly MuxTransport transport;

    public AssetsApi(Configuration configuration)
    {
        transport = new MuxTransport(nameof(AssetsApi), configuration);
    }

    public async Task<ApiResponse<AssetResponse>> CreateAssetWithHttpInfoAsync(
        CreateAssetRequest createAssetRequest, CancellationToken cancellationToken = default)
    {
        transport.Require(createAssetRequest, "createAssetRequest", "CreateAsset");
        return await transport.SendAsync<AssetResponse>(
            "CreateAsset", Verb.Post, "/video/v1/assets", cancellationToken, createAssetRequest);
    }

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

    public async Task<ApiResponse<AssetResponse>> GetAssetWithHttpInfoAsync(
        string ASSET_ID, CancellationToken cancellationToken = default)
    {
        transport.Require(ASSET_ID, "ASSET_ID", "GetAsset");
        return await transport.SendAsync<AssetResponse>(
            "GetAsset", Verb.Get, $"/video/v1/assets/{Uri.EscapeDataString(ASSET_ID)}", cancellationToken);
    }

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
}
