#nullable disable
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetResponse
{
    [JsonConstructor]
    private AssetResponse()
    {
    }

    [DataMember(Name = "data", EmitDefaultValue = false)]
    public Asset Data { get; set; }
}

[DataContract]
public class ListAssetsResponse
{
    [JsonConstructor]
    private ListAssetsResponse()
    {
    }

    [DataMember(Name = "data", EmitDefaultValue = false)]
    public List<Asset> Data { get; set; }
}

[DataContract]
public class UploadResponse
{
    [JsonConstructor]
    private UploadResponse()
    {
    }

    [DataMember(Name = "data", EmitDefaultValue = false)]
    public Upload Data { get; set; }
}

[DataContract]
public class CreatePlaybackIDResponse
{
    [JsonConstructor]
    private CreatePlaybackIDResponse()
    {
    }

    [DataMember(Name = "data", EmitDefaultValue = false)]
    public PlaybackID Data { get; set; }
}

[DataContract]
public class CreateStaticRenditionResponse
{
    [JsonConstructor]
    private CreateStaticRenditionResponse()
    {
    }

    [DataMember(Name = "data", EmitDefaultValue = false)]
    public StaticRendition Data { get; set; }
}

[DataContract]
public class ListDeliveryUsageResponse
{
    [JsonConstructor]
    private ListDeliveryUsageResponse()
    {
    }

    [DataMember(Name = "data", EmitDefaultValue = false)]
    public List<DeliveryReport> Data { get; set; }

    [DataMember(Name = "total_row_count", EmitDefaultValue = false)]
    public long TotalRowCount { get; set; }
}

[DataContract]
public class DeliveryReport
{
    [JsonConstructor]
    private DeliveryReport()
    {
    }

    [DataMember(Name = "asset_id", EmitDefaultValue = false)]
    public string AssetId { get; set; }

    [DataMember(Name = "delivered_seconds", EmitDefaultValue = false)]
    public double DeliveredSeconds { get; set; }

    [DataMember(Name = "delivered_seconds_by_resolution", EmitDefaultValue = false)]
    public DeliveryReportDeliveredSecondsByResolution DeliveredSecondsByResolution { get; set; }
}

[DataContract]
public class DeliveryReportDeliveredSecondsByResolution
{
    [JsonConstructor]
    private DeliveryReportDeliveredSecondsByResolution()
    {
    }

    [DataMember(Name = "tier_2160p", EmitDefaultValue = false)]
    public double Tier2160p { get; set; }

    [DataMember(Name = "tier_1440p", EmitDefaultValue = false)]
    public double Tier1440p { get; set; }

    [DataMember(Name = "tier_1080p", EmitDefaultValue = false)]
    public double Tier1080p { get; set; }

    [DataMember(Name = "tier_720p", EmitDefaultValue = false)]
    public double Tier720p { get; set; }

    [DataMember(Name = "tier_audio_only", EmitDefaultValue = false)]
    public double TierAudioOnly { get; set; }
}
