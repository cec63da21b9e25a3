#nullable disable
namespace Mux.Csharp.Sdk.Client;

public class Configuration
{
    public Configuration()
    {
    }

    public virtual string BasePath { get; set; } = "https://api.mux.com";

    /// <summary>Milliseconds.</summary>
    public virtual int Timeout { get; set; } = 100_000;

    public virtual string Username { get; set; }

    public virtual string Password { get; set; }
}
