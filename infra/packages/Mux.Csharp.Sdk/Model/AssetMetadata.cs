#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class AssetMetadata : IEquatable<AssetMetadata>, IValidatableObject
{
    public AssetMetadata(
        string title = null,
        string creatorId = null,
        string externalId = null)
    {
        Title = title;
        CreatorId = creatorId;
        ExternalId = externalId;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private AssetMetadata()
    {
    }

    [DataMember(Name = "title", EmitDefaultValue = false)]
    public string Title { get; set; }

    [DataMember(Name = "creator_id", EmitDefaultValue = false)]
    public string CreatorId { get; set; }

    [DataMember(Name = "external_id", EmitDefaultValue = false)]
    public string ExternalId { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as AssetMetadata);

    public bool Equals(AssetMetadata input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
