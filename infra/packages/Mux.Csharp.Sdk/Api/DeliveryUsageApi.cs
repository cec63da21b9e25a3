#nullable disable
using Mux.Csharp.Sdk.Client;
using Mux.Csharp.Sdk.Model;
using Verb = System.Net.Http.HttpMethod;

namespace Mux.Csharp.Sdk.Api;

public interface IDeliveryUsageApiAsync
{
    Task<ApiResponse<ListDeliveryUsageResponse>> ListDeliveryUsageWithHttpInfoAsync(
        int? page = null,
        int? limit = null,
        string assetId = null,
        string liveStreamId = null,
        List<string> timeframe = null,
        CancellationToken cancellationToken = default);
}

public class DeliveryUsageApi : IDeliveryUsageApiAsync
{
    private readonly MuxTransport transport;

    public DeliveryUsageApi(Configuration configuration)
    {
        transport = new MuxTransport(nameof(DeliveryUsageApi), configuration);
    }

    public async Task<ApiResponse<ListDeliveryUsageResponse>> ListDeliveryUsageWithHttpInfoAsync(
        int? page = null,
        int? limit = null,
        string assetId = null,
        string liveStreamId = null,
        List<string> timeframe = null,
        CancellationToken cancellationToken = default)
    {
        // Lists repeat their name, encoded in lower case.
        var times = (timeframe ?? []).Select(time => ("timeframe%5b%5d", (object)time));
        return await transport.SendAsync<ListDeliveryUsageResponse>(
            "ListDeliveryUsage",
            Verb.Get,
            "/video/v1/delivery-usage",
            cancellationToken,
            null,
            [("page", page), ("limit", limit), ("asset_id", assetId), ("live_stream_id", liveStreamId), .. times]);
    }
}
