#nullable disable
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetStaticRenditions
{
    [JsonConstructor]
    private AssetStaticRenditions()
    {
    }

    [DataMember(Name = "files", EmitDefaultValue = false)]
    public List<StaticRendition> Files { get; set; }
}

[DataContract]
public class StaticRendition
{
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

    [DataMember(Name = "name", EmitDefaultValue = false)]
    public NameEnum? Name { get; set; }

    [DataMember(Name = "status", EmitDefaultValue = false)]
    public StatusEnum? Status { get; set; }
}
