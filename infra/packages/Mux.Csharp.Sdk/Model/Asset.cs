#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class Asset : IEquatable<Asset>, IValidatableObject
{
    public Asset(
        string id = null,
        string createdAt = null,
        StatusEnum? status = null,
        double duration = 0,
        MaxStoredResolutionEnum? maxStoredResolution = null,
        ResolutionTierEnum? resolutionTier = null,
        MaxResolutionTierEnum? maxResolutionTier = null,
        EncodingTierEnum? encodingTier = null,
        VideoQualityEnum? videoQuality = null,
        double maxStoredFrameRate = 0,
        string aspectRatio = null,
        List<PlaybackID> playbackIds = null,
        List<Track> tracks = null,
        AssetErrors errors = null,
        bool perTitleEncode = false,
        string uploadId = null,
        bool isLive = false,
        string passthrough = null,
        string liveStreamId = null,
        AssetMaster master = null,
        MasterAccessEnum? masterAccess = MasterAccessEnum.None,
        Mp4SupportEnum? mp4Support = Mp4SupportEnum.None,
        string sourceAssetId = null,
        bool normalizeAudio = false,
        AssetStaticRenditions staticRenditions = null,
        List<AssetRecordingTimes> recordingTimes = null,
        AssetNonStandardInputReasons nonStandardInputReasons = null,
        bool test = false,
        IngestTypeEnum? ingestType = null,
        AssetMetadata meta = null)
    {
        Id = id;
        CreatedAt = createdAt;
        Status = status;
        Duration = duration;
        MaxStoredResolution = maxStoredResolution;
        ResolutionTier = resolutionTier;
        MaxResolutionTier = maxResolutionTier;
        EncodingTier = encodingTier;
        VideoQuality = videoQuality;
        MaxStoredFrameRate = maxStoredFrameRate;
        AspectRatio = aspectRatio;
        PlaybackIds = playbackIds;
        Tracks = tracks;
        Errors = errors;
        PerTitleEncode = perTitleEncode;
        UploadId = uploadId;
        IsLive = isLive;
        Passthrough = passthrough;
        LiveStreamId = liveStreamId;
        Master = master;
        MasterAccess = masterAccess;
        Mp4Support = mp4Support;
        SourceAssetId = sourceAssetId;
        NormalizeAudio = normalizeAudio;
        StaticRenditions = staticRenditions;
        RecordingTimes = recordingTimes;
        NonStandardInputReasons = nonStandardInputReasons;
        Test = test;
        IngestType = ingestType;
        Meta = meta;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
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
    public enum MaxStoredResolutionEnum
    {
        [EnumMember(Value = "Audio only")]
        AudioOnly = 1,

        [EnumMember(Value = "SD")]
        SD = 2,

        [EnumMember(Value = "HD")]
        HD = 3,

        [EnumMember(Value = "FHD")]
        FHD = 4,

        [EnumMember(Value = "UHD")]
        UHD = 5,
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

    [JsonConverter(typeof(StringEnumConverter))]
    public enum MaxResolutionTierEnum
    {
        [EnumMember(Value = "1080p")]
        _1080p = 1,

        [EnumMember(Value = "1440p")]
        _1440p = 2,

        [EnumMember(Value = "2160p")]
        _2160p = 3,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum EncodingTierEnum
    {
        [EnumMember(Value = "smart")]
        Smart = 1,

        [EnumMember(Value = "baseline")]
        Baseline = 2,

        [EnumMember(Value = "premium")]
        Premium = 3,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum VideoQualityEnum
    {
        [EnumMember(Value = "basic")]
        Basic = 1,

        [EnumMember(Value = "plus")]
        Plus = 2,

        [EnumMember(Value = "premium")]
        Premium = 3,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum MasterAccessEnum
    {
        [EnumMember(Value = "temporary")]
        Temporary = 1,

        [EnumMember(Value = "none")]
        None = 2,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum Mp4SupportEnum
    {
        [EnumMember(Value = "standard")]
        Standard = 1,

        [EnumMember(Value = "none")]
        None = 2,

        [EnumMember(Value = "capped-1080p")]
        Capped1080p = 3,

        [EnumMember(Value = "audio-only")]
        AudioOnly = 4,

        [EnumMember(Value = "audio-only,capped-1080p")]
        AudioOnlycapped1080p = 5,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum IngestTypeEnum
    {
        [EnumMember(Value = "on_demand_url")]
        OnDemandUrl = 1,

        [EnumMember(Value = "on_demand_direct_upload")]
        OnDemandDirectUpload = 2,

        [EnumMember(Value = "on_demand_clip")]
        OnDemandClip = 3,

        [EnumMember(Value = "live_rtmp")]
        LiveRtmp = 4,

        [EnumMember(Value = "live_srt")]
        LiveSrt = 5,
    }

    [DataMember(Name = "status", EmitDefaultValue = false)]
    public StatusEnum? Status { get; set; }

    [Obsolete]
    [DataMember(Name = "max_stored_resolution", EmitDefaultValue = false)]
    public MaxStoredResolutionEnum? MaxStoredResolution { get; set; }

    [DataMember(Name = "resolution_tier", EmitDefaultValue = false)]
    public ResolutionTierEnum? ResolutionTier { get; set; }

    [DataMember(Name = "max_resolution_tier", EmitDefaultValue = false)]
    public MaxResolutionTierEnum? MaxResolutionTier { get; set; }

    [Obsolete]
    [DataMember(Name = "encoding_tier", EmitDefaultValue = false)]
    public EncodingTierEnum? EncodingTier { get; set; }

    [DataMember(Name = "video_quality", EmitDefaultValue = false)]
    public VideoQualityEnum? VideoQuality { get; set; }

    [DataMember(Name = "master_access", EmitDefaultValue = false)]
    public MasterAccessEnum? MasterAccess { get; set; }

    [Obsolete]
    [DataMember(Name = "mp4_support", EmitDefaultValue = false)]
    public Mp4SupportEnum? Mp4Support { get; set; }

    [DataMember(Name = "ingest_type", EmitDefaultValue = false)]
    public IngestTypeEnum? IngestType { get; set; }

    [DataMember(Name = "id", EmitDefaultValue = false)]
    public string Id { get; set; }

    [DataMember(Name = "created_at", EmitDefaultValue = false)]
    public string CreatedAt { get; set; }

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

    [Obsolete]
    [DataMember(Name = "per_title_encode", EmitDefaultValue = true)]
    public bool PerTitleEncode { get; set; }

    [DataMember(Name = "upload_id", EmitDefaultValue = false)]
    public string UploadId { get; set; }

    [DataMember(Name = "is_live", EmitDefaultValue = true)]
    public bool IsLive { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [DataMember(Name = "live_stream_id", EmitDefaultValue = false)]
    public string LiveStreamId { get; set; }

    [DataMember(Name = "master", EmitDefaultValue = false)]
    public AssetMaster Master { get; set; }

    [DataMember(Name = "source_asset_id", EmitDefaultValue = false)]
    public string SourceAssetId { get; set; }

    [DataMember(Name = "normalize_audio", EmitDefaultValue = true)]
    public bool NormalizeAudio { get; set; }

    [DataMember(Name = "static_renditions", EmitDefaultValue = false)]
    public AssetStaticRenditions StaticRenditions { get; set; }

    [DataMember(Name = "recording_times", EmitDefaultValue = false)]
    public List<AssetRecordingTimes> RecordingTimes { get; set; }

    [DataMember(Name = "non_standard_input_reasons", EmitDefaultValue = false)]
    public AssetNonStandardInputReasons NonStandardInputReasons { get; set; }

    [DataMember(Name = "test", EmitDefaultValue = true)]
    public bool Test { get; set; }

    [DataMember(Name = "meta", EmitDefaultValue = false)]
    public AssetMetadata Meta { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as Asset);

    public bool Equals(Asset input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
