#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class CreateAssetRequest : IEquatable<CreateAssetRequest>, IValidatableObject
{
    public CreateAssetRequest(
        List<InputSettings> input = null,
        List<InputSettings> inputs = null,
        List<PlaybackPolicy> playbackPolicy = null,
        List<PlaybackPolicy> playbackPolicies = null,
        List<CreatePlaybackIDRequest> advancedPlaybackPolicies = null,
        bool perTitleEncode = false,
        string passthrough = null,
        Mp4SupportEnum? mp4Support = null,
        bool normalizeAudio = false,
        MasterAccessEnum? masterAccess = null,
        bool test = false,
        MaxResolutionTierEnum? maxResolutionTier = null,
        EncodingTierEnum? encodingTier = null,
        VideoQualityEnum? videoQuality = null,
        List<CreateStaticRenditionRequest> staticRenditions = null,
        AssetMetadata meta = null)
    {
        Input = input;
        Inputs = inputs;
        PlaybackPolicy = playbackPolicy;
        PlaybackPolicies = playbackPolicies;
        AdvancedPlaybackPolicies = advancedPlaybackPolicies;
        PerTitleEncode = perTitleEncode;
        Passthrough = passthrough;
        Mp4Support = mp4Support;
        NormalizeAudio = normalizeAudio;
        MasterAccess = masterAccess;
        Test = test;
        MaxResolutionTier = maxResolutionTier;
        EncodingTier = encodingTier;
        VideoQuality = videoQuality;
        StaticRenditions = staticRenditions;
        Meta = meta;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private CreateAssetRequest()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum Mp4SupportEnum
    {
        [EnumMember(Value = "none")]
        None = 1,

        [EnumMember(Value = "standard")]
        Standard = 2,

        [EnumMember(Value = "capped-1080p")]
        Capped1080p = 3,

        [EnumMember(Value = "audio-only")]
        AudioOnly = 4,

        [EnumMember(Value = "audio-only,capped-1080p")]
        AudioOnlycapped1080p = 5,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum MasterAccessEnum
    {
        [EnumMember(Value = "none")]
        None = 1,

        [EnumMember(Value = "temporary")]
        Temporary = 2,
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

    [Obsolete]
    [DataMember(Name = "mp4_support", EmitDefaultValue = false)]
    public Mp4SupportEnum? Mp4Support { get; set; }

    [DataMember(Name = "master_access", EmitDefaultValue = false)]
    public MasterAccessEnum? MasterAccess { get; set; }

    [DataMember(Name = "max_resolution_tier", EmitDefaultValue = false)]
    public MaxResolutionTierEnum? MaxResolutionTier { get; set; }

    [Obsolete]
    [DataMember(Name = "encoding_tier", EmitDefaultValue = false)]
    public EncodingTierEnum? EncodingTier { get; set; }

    [DataMember(Name = "video_quality", EmitDefaultValue = false)]
    public VideoQualityEnum? VideoQuality { get; set; }

    [Obsolete]
    [DataMember(Name = "input", EmitDefaultValue = false)]
    public List<InputSettings> Input { get; set; }

    [DataMember(Name = "inputs", EmitDefaultValue = false)]
    public List<InputSettings> Inputs { get; set; }

    [Obsolete]
    [DataMember(Name = "playback_policy", EmitDefaultValue = false)]
    public List<PlaybackPolicy> PlaybackPolicy { get; set; }

    [DataMember(Name = "playback_policies", EmitDefaultValue = false)]
    public List<PlaybackPolicy> PlaybackPolicies { get; set; }

    [DataMember(Name = "advanced_playback_policies", EmitDefaultValue = false)]
    public List<CreatePlaybackIDRequest> AdvancedPlaybackPolicies { get; set; }

    [Obsolete]
    [DataMember(Name = "per_title_encode", EmitDefaultValue = true)]
    public bool PerTitleEncode { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [DataMember(Name = "normalize_audio", EmitDefaultValue = true)]
    public bool NormalizeAudio { get; set; }

    [DataMember(Name = "test", EmitDefaultValue = true)]
    public bool Test { get; set; }

    [DataMember(Name = "static_renditions", EmitDefaultValue = false)]
    public List<CreateStaticRenditionRequest> StaticRenditions { get; set; }

    [DataMember(Name = "meta", EmitDefaultValue = false)]
    public AssetMetadata Meta { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as CreateAssetRequest);

    public bool Equals(CreateAssetRequest input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
