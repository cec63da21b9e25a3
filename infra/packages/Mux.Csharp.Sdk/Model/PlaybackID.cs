#nullable disable
using System.ComponentModel.DataAnnotations;
using System.Runtime.Serialization;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Model;

[DataContract]
public class PlaybackID : IEquatable<PlaybackID>, IValidatableObject
{
    public PlaybackID(
        string id = null,
        PlaybackPolicy? policy = null,
        string drmConfigurationId = null)
    {
        Id = id;
        Policy = policy;
        DrmConfigurationId = drmConfigurationId;
    }

    // What Newtonsoft reads with: the defaults above are for writing only.
    [JsonConstructor]
    private PlaybackID()
    {
    }

    [DataMember(Name = "policy", EmitDefaultValue = false)]
    public PlaybackPolicy? Policy { get; set; }

    [DataMember(Name = "id", EmitDefaultValue = false)]
    public string Id { get; set; }

    [DataMember(Name = "drm_configuration_id", EmitDefaultValue = false)]
    public string DrmConfigurationId { get; set; }

    [JsonExtensionData]
    public IDictionary<string, object> AdditionalProperties { get; set; } = new Dictionary<string, object>();

    public virtual string ToJson() => Wire.ToJson(this);

    public override string ToString() => Wire.Describe(this);

    public override bool Equals(object input) => Equals(input as PlaybackID);

    public bool Equals(PlaybackID input) => Wire.Same(this, input);

    public override int GetHashCode() => Wire.Hash(this);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => [];
}
