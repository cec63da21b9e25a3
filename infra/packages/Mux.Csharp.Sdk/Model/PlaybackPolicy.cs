#nullable disable
using System.Runtime.Serialization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;

namespace Mux.Csharp.Sdk.Model;

[JsonConverter(typeof(StringEnumConverter))]
public enum PlaybackPolicy
{
    [EnumMember(Value = "public")]
    Public = 1,

    [EnumMember(Value = "signed")]
    Signed = 2,

    [EnumMember(Value = "drm")]
    Drm = 3,
}
