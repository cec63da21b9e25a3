#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class CreateUploadRequest : IEquatable<CreateUploadRequest>, IValidatableObject
{
    public CreateUploadRequest(
        int timeout = 3600,
        string corsOrigin = null,
        CreateAssetRequest newAssetSettings = null,
        bool test = false)
    {
        Timeout = timeout;
        CorsOrigin = corsOrigin;
        NewAssetSettings = newAssetSettings;
        Test = test;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private CreateUploadRequest()
    {
    }

    [DataMember(Name = "timeout", EmitDefaultValue = false)]
    public int Timeout { get; set; }

    [DataMember(Name = "cors_origin", EmitDefaultValue = false)]
    public string CorsOrigin { get; set; }

    [DataMember(Name = "new_asset_settings", EmitDefaultValue = false)]
    public CreateAssetRequest NewAssetSettings { get; set; }

    [DataMember(Name = "test", EmitDefaultValue = true)]
    public bool Test { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as CreateUploadRequest);

    public bool Equals(CreateUploadRequest input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
