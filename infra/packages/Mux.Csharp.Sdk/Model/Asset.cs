#nullable disable
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class Asset
{
    [JsonConstructor]
    private Asset()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum StatusEnum
    {
        [EnumMember(Value = "preparing")]
        Preparing = 1,

        [EnumMember(Value = "ready")]
        Ready = 2,

        [EnumMember(Value = "errored")]
        Errored = 3,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum ResolutionTierEnum
    {
        [EnumMember(Value = "audio-only")]
        AudioOnly = 1,

        [EnumMember(Value = "720p")]
        _720p = 2,

        [EnumMember(Value = "1080p")]
        _1080p = 3,

        [EnumMember(Value = "1440p")]
        _1440p = 4,

        [EnumMember(Value = "2160p")]
        _2160p = 5,
    }

    [DataMember(Name = "status", EmitDefaultValue = false)]
    public StatusEnum? Status { get; set; }

    [DataMember(Name = "resolution_tier", EmitDefaultValue = false)]
    public ResolutionTierEnum? ResolutionTier { get; set; }

    [DataMember(Name = "id", EmitDefaultValue = false)]
    public string Id { get; set; }

    [DataMember(Name = "duration", EmitDefaultValue = false)]
    public double Duration { get; set; }

    [DataMember(Name = "max_stored_frame_rate", EmitDefaultValue = false)]
    public double MaxStoredFrameRate { get; set; }

    [DataMember(Name = "aspect_ratio", EmitDefaultValue = false)]
    public string AspectRatio { get; set; }

    [DataMember(Name = "playback_ids", EmitDefaultValue = false)]
    public List<PlaybackID> PlaybackIds { get; set; }

    [DataMember(Name = "tracks", EmitDefaultValue = false)]
    public List<Track> Tracks { get; set; }

    [DataMember(Name = "errors", EmitDefaultValue = false)]
    public AssetErrors Errors { get; set; }

    [DataMember(Name = "upload_id", EmitDefaultValue = false)]
    public string UploadId { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [DataMember(Name = "static_renditions", EmitDefaultValue = false)]
    public AssetStaticRenditions StaticRenditions { get; set; }
}

[DataContract]
public class AssetErrors
{
    [JsonConstructor]
    private AssetErrors()
    {
    }

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public string Type { get; set; }

    [DataMember(Name = "messages", EmitDefaultValue = false)]
    public List<string> Messages { get; set; }
}

[DataContract]
public class Track
{
    [JsonConstructor]
    private Track()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum TypeEnum
    {
        [EnumMember(Value = "video")]
        Video = 1,

        [EnumMember(Value = "audio")]
        Audio = 2,

        [EnumMember(Value = "text")]
        Text = 3,
    }

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public TypeEnum? Type { get; set; }

    [DataMember(Name = "max_width", EmitDefaultValue = false)]
    public long MaxWidth { get; set; }

    [DataMember(Name = "max_height", EmitDefaultValue = false)]
    public long MaxHeight { get; set; }
}

[DataContract]
public class PlaybackID
{
    [JsonConstructor]
    private PlaybackID()
    {
    }

    [DataMember(Name = "policy", EmitDefaultValue = false)]
    public PlaybackPolicy? Policy { get; set; }

    [DataMember(Name = "id", EmitDefaultValue = false)]
    public string Id { get; set; }
}

[JsonConverter(typeof(StringEnumConverter))]
public enum PlaybackPolicy
{
    [EnumMember(Value = "public")]
    Public = 1,

    [EnumMember(Value = "signed")]
    Signed = 2,

    [EnumMember(Value = "drm")]
    Drm = 3,
}
