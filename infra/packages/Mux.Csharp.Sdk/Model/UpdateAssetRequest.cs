#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class UpdateAssetRequest : IEquatable<UpdateAssetRequest>, IValidatableObject
{
    public UpdateAssetRequest(
        string passthrough = null,
        AssetMetadata meta = null)
    {
        Passthrough = passthrough;
        Meta = meta;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private UpdateAssetRequest()
    {
    }

    [DataMember(Name = "passthrough", EmitDefaultValue = false)]
    public string Passthrough { get; set; }

    [DataMember(Name = "meta", EmitDefaultValue = false)]
    public AssetMetadata Meta { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as UpdateAssetRequest);

    public bool Equals(UpdateAssetRequest input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
