#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class SigningKey : IEquatable<SigningKey>, IValidatableObject
{
    public SigningKey(
        string id = null,
        string createdAt = null,
        byte[] privateKey = null)
    {
        Id = id;
        CreatedAt = createdAt;
        PrivateKey = privateKey;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private SigningKey()
    {
    }

    [DataMember(Name = "id", EmitDefaultValue = false)]
    public string Id { get; set; }

    [DataMember(Name = "created_at", EmitDefaultValue = false)]
    public string CreatedAt { get; set; }

    [DataMember(Name = "private_key", EmitDefaultValue = false)]
    public byte[] PrivateKey { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as SigningKey);

    public bool Equals(SigningKey input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
