using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Portal.Runtime.Settings;

/// <summary>
/// The app's settings as Core Tools lays them: <c>local.settings.json</c> Values, over them the environment, over that what the caller
/// gives. The process environment itself is left alone, so several hosts can live in one process.
/// </summary>
internal static class AppSettings
{
    public static IConfigurationRoot Load(string contentRoot, IReadOnlyDictionary<string, string?> overrides, List<string> faults) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(LocalValues(Path.Combine(contentRoot, "local.settings.json"), faults))
            .AddEnvironmentVariables()
            .AddInMemoryCollection(overrides.Select(Normalised))
            .Build();

    /// <summary>A setting by its name in either spelling, <c>A__B</c> or <c>A:B</c>.</summary>
    public static string? Find(this IConfiguration settings, string name) => settings[KeyOf(name)];

    private static List<KeyValuePair<string, string?>> LocalValues(string path, List<string> faults)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
            if (document.RootElement.TryGetProperty("IsEncrypted", out var encrypted) && encrypted.ValueKind == JsonValueKind.True)
            {
                faults.Add($"{path} is encrypted; run `func settings decrypt` or write the values in plain text.");
                return [];
            }

            return document.RootElement.TryGetProperty("Values", out var values)
                ? [.. values.EnumerateObject().Select(value => Normalised(new(value.Name, Text(value.Value))))]
                : [];
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            faults.Add($"{path} is not valid: {unreadable.Message}");
            return [];
        }
    }

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Null => null,
        _ => value.GetRawText(),
    };

    private static KeyValuePair<string, string?> Normalised(KeyValuePair<string, string?> setting) =>
        new(KeyOf(setting.Key), setting.Value);

    private static string KeyOf(string name) => name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
}
