#nullable disable
namespace Mux.Csharp.Sdk.Model;

/// <summary>
/// A constructor has the real one's whole signature, though some of its parameters set what the app never sends. Given a value,
/// such a parameter must not be dropped in silence: the real SDK would send it.
/// </summary>
internal static class Unused
{
    public static void Refuse(params object[] values)
    {
        if (values.Any(value => value is not (null or 0d)))
        {
            throw new NotSupportedException("The stand-in lacks this field; infra/packages/README.md says how to add it.");
        }
    }
}

public class AssetGeneratedSubtitleSettings
{
    private AssetGeneratedSubtitleSettings()
    {
    }
}

public class InputSettingsOverlaySettings
{
    private InputSettingsOverlaySettings()
    {
    }
}
