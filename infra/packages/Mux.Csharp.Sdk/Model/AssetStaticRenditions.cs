#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetStaticRenditions : IEquatable<AssetStaticRenditions>, IValidatableObject
{
    public AssetStaticRenditions(
        StatusEnum? status = StatusEnum.Disabled,
        List<StaticRendition> files = null)
    {
        Status = status;
        Files = files;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private AssetStaticRenditions()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum StatusEnum
    {
        [EnumMember(Value = "ready")]
        Ready = 1,

        [EnumMember(Value = "preparing")]
        Preparing = 2,

        [EnumMember(Value = "disabled")]
        Disabled = 3,

        [EnumMember(Value = "errored")]
        Errored = 4,
    }

    [DataMember(Name = "status", EmitDefaultValue = false)]
    public StatusEnum? Status { get; set; }

    [DataMember(Name = "files", EmitDefaultValue = false)]
    public List<StaticRendition> Files { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as AssetStaticRenditions);

    public bool Equals(AssetStaticRenditions input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
