using System.Text.Json;
using Microsoft.DurableTask;

namespace Portal.Runtime.Durable;

/// <summary>Payloads as the isolated worker writes them: System.Text.Json, names as declared; reading ignores the case of names.</summary>
public sealed class DurableJson : DataConverter
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    public static DurableJson Converter { get; } = new();

    public override string? Serialize(object? value) => value is null ? null : JsonSerializer.Serialize(value, Options);

    public override object? Deserialize(string? data, Type targetType) =>
        string.IsNullOrEmpty(data) ? null : JsonSerializer.Deserialize(data, targetType, Options);
}
