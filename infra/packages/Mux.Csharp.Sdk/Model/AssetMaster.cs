#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetMaster : IEquatable<AssetMaster>, IValidatableObject
{
    public AssetMaster(
        StatusEnum? status = null,
        string url = null)
    {
        Status = status;
        Url = url;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private AssetMaster()
    {
    }

    [JsonConverter(typeof(StringEnumConverter))]
    public enum StatusEnum
    {
        [EnumMember(Value = "ready")]
        Ready = 1,

        [EnumMember(Value = "preparing")]
        Preparing = 2,

        [EnumMember(Value = "errored")]
        Errored = 3,
    }

    [DataMember(Name = "status", EmitDefaultValue = false)]
    public StatusEnum? Status { get; set; }

    [DataMember(Name = "url", EmitDefaultValue = false)]
    public string Url { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as AssetMaster);

    public bool Equals(AssetMaster input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
