#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class CreateStaticRenditionRequest : IEquatable<CreateStaticRenditionRequest>, IValidatableObject
{
    public CreateStaticRenditionRequest(
        ResolutionEnum? resolution = null,
        string passthrough = null)
    {
        Resolution = resolution;
        Passthrough = passthrough;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private CreateStaticRenditionRequest()
    {
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

    [DataMember(Name = "resolution", EmitDefaultValue = false)]
    public ResolutionEnum? Resolution { get; set; }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as CreateStaticRenditionRequest);

    public bool Equals(CreateStaticRenditionRequest input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
