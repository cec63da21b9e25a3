#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class StaticRendition : IEquatable<StaticRendition>, IValidatableObject
{
    public StaticRendition(
        NameEnum? name = null,
        ExtEnum? ext = null,
        int height = 0,
        int width = 0,
        long bitrate = 0,
        string filesize = null,
        TypeEnum? type = null,
        StatusEnum? status = null,
        ResolutionTierEnum? resolutionTier = null,
        ResolutionEnum? resolution = null,
        string id = null,
        string passthrough = null)
    {
        Name = name;
        Ext = ext;
        Height = height;
        Width = width;
        Bitrate = bitrate;
        Filesize = filesize;
        Type = type;
        Status = status;
        ResolutionTier = resolutionTier;
        Resolution = resolution;
        Id = id;
        Passthrough = passthrough;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private StaticRendition()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum NameEnum
    {
        [EnumMember(Value = "low.mp4")]
        LowMp4 = 1,

        [EnumMember(Value = "medium.mp4")]
        MediumMp4 = 2,

        [EnumMember(Value = "high.mp4")]
        HighMp4 = 3,

        [EnumMember(Value = "highest.mp4")]
        HighestMp4 = 4,

        [EnumMember(Value = "audio.m4a")]
        AudioM4a = 5,

        [EnumMember(Value = "capped-1080p.mp4")]
        Capped1080pMp4 = 6,

        [EnumMember(Value = "2160p.mp4")]
        _2160pMp4 = 7,

        [EnumMember(Value = "1440p.mp4")]
        _1440pMp4 = 8,

        [EnumMember(Value = "1080p.mp4")]
        _1080pMp4 = 9,

        [EnumMember(Value = "720p.mp4")]
        _720pMp4 = 10,

        [EnumMember(Value = "540p.mp4")]
        _540pMp4 = 11,

        [EnumMember(Value = "480p.mp4")]
        _480pMp4 = 12,

        [EnumMember(Value = "360p.mp4")]
        _360pMp4 = 13,

        [EnumMember(Value = "270p.mp4")]
        _270pMp4 = 14,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum ExtEnum
    {
        [EnumMember(Value = "mp4")]
        Mp4 = 1,

        [EnumMember(Value = "m4a")]
        M4a = 2,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum TypeEnum
    {
        [EnumMember(Value = "standard")]
        Standard = 1,

        [EnumMember(Value = "advanced")]
        Advanced = 2,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum StatusEnum
    {
        [EnumMember(Value = "ready")]
        Ready = 1,

        [EnumMember(Value = "preparing")]
        Preparing = 2,

        [EnumMember(Value = "skipped")]
        Skipped = 3,

        [EnumMember(Value = "errored")]
        Errored = 4,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum ResolutionTierEnum
    {
        [EnumMember(Value = "2160p")]
        _2160p = 1,

        [EnumMember(Value = "1440p")]
        _1440p = 2,

        [EnumMember(Value = "1080p")]
        _1080p = 3,

        [EnumMember(Value = "720p")]
        _720p = 4,

        [EnumMember(Value = "audio-only")]
        AudioOnly = 5,
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum ResolutionEnum
    {
        [EnumMember(Value = "highest")]
        Highest = 1,

        [EnumMember(Value = "audio-only")]
        AudioOnly = 2,

        [EnumMember(Value = "2160p")]
        _2160p = 3,

        [EnumMember(Value = "1440p")]
        _1440p = 4,

        [EnumMember(Value = "1080p")]
        _1080p = 5,

        [EnumMember(Value = "720p")]
        _720p = 6,

        [EnumMember(Value = "540p")]
        _540p = 7,

        [EnumMember(Value = "480p")]
        _480p = 8,

        [EnumMember(Value = "360p")]
        _360p = 9,

        [EnumMember(Value = "270p")]
        _270p = 10,
    }

    [DataMember(Name = "name", EmitDefaultValue = false)]
    public NameEnum? Name { get; set; }

    [DataMember(Name = "ext", EmitDefaultValue = false)]
    public ExtEnum? Ext { get; set; }

    [DataMember(Name = "type", EmitDefaultValue = false)]
    public TypeEnum? Type { get; set; }

    [DataMember(Name = "status", EmitDefaultValue = false)]
    public StatusEnum? Status { get; set; }

    [DataMember(Name = "resolution_tier", EmitDefaultValue = false)]
    public ResolutionTierEnum? ResolutionTier { get; set; }

    [DataMember(Name = "resolution", EmitDefaultValue = false)]
    public ResolutionEnum? Resolution { get; set; }

    [DataMember(Name = "height", EmitDefaultValue = false)]
    public int Height { get; set; }

    [DataMember(Name = "width", EmitDefaultValue = false)]
    public int Width { get; set; }

    [DataMember(Name = "bitrate", EmitDefaultValue = false)]
    public long Bitrate { get; set; }

    [DataMember(Name = "filesize", EmitDefaultValue = false)]
    public string Filesize { get; set; }

    [DataMember(Name = "id", EmitDefaultValue = false)]
    public string Id { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as StaticRendition);

    public bool Equals(StaticRendition input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
