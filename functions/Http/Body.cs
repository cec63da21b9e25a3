using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Portal.Functions.Http;

/// <summary>
/// Reads a JSON request body field by field and collects every broken rule, so that one answer names them all. Strings are normalised
/// (NFC) and trimmed, control characters refused, lengths counted in characters; fields that nobody asked for are refused.
/// </summary>
public sealed class Body
{
    public const int MaxBytes = 64 * 1024;
    private const int MaxDepth = 8;
    private readonly JsonElement root;
    private readonly List<FieldError> errors = [];
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    private Body(JsonElement root) => this.root = root;

    /// <summary>The body, or the problem with it: too large (413), not JSON by its media type (415), not a JSON object (400).</summary>
    /// <param name="optional">An empty body reads as <c>{}</c>.</param>
    public static async Task<(Body? Body, Problem? Problem)> ReadAsync(HttpRequest request, bool optional = false)
    {
        var (bytes, tooLarge) = await ReadBytesAsync(request, MaxBytes);
        if (tooLarge)
        {
            return (null, TooLarge(MaxBytes));
        }

        if (bytes.Length == 0 && optional)
        {
            return (new Body(JsonDocument.Parse("{}").RootElement), null);
        }

        if (!request.HasJsonContentType())
        {
            return (null, new Problem(415, "unsupported-media-type", "Send JSON", "The body must be application/json."));
        }

        try
        {
            var json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? (new Body(json.RootElement), null)
                : (null, Problem.Invalid([new("", "object", "The body must be a JSON object.")]));
        }
        catch (JsonException e)
        {
            return (null, Problem.Invalid([new("", "json", $"The body is not valid JSON (line {e.LineNumber + 1}), or nested deeper than {MaxDepth}.")]));
        }
    }

    /// <summary>The raw bytes of a body, at most <paramref name="limit"/>.</summary>
    public static async Task<(ReadOnlyMemory<byte> Bytes, bool TooLarge)> ReadBytesAsync(HttpRequest request, int limit)
    {
        if (request.ContentLength > limit)
        {
            return (default, true);
        }

        var buffer = new ArrayBufferWriter<byte>((int)(request.ContentLength ?? 4096) + 1);
        int read;
        while ((read = await request.Body.ReadAsync(buffer.GetMemory(4096), request.HttpContext.RequestAborted)) > 0)
        {
            buffer.Advance(read);
            if (buffer.WrittenCount > limit)
            {
                return (default, true);
            }
        }

        return (buffer.WrittenMemory, false);
    }

    public static Problem TooLarge(int limit) => new(413, "too-large", "The body is too large", $"At most {limit / 1024} KiB.");

    /// <summary>The collected errors and the fields nobody asked for; null when all is well. Call it last.</summary>
    public Problem? Fault()
    {
        foreach (var field in root.EnumerateObject().Where(f => !asked.Contains(f.Name)).Take(20))
        {
            errors.Add(new($"/{Escape(field.Name)}", "unknown", "There is no such field."));
        }

        return errors.Count == 0 ? null : Problem.Invalid(errors);
    }

    /// <summary>A rule of the caller's own; silent when the field broke one here already.</summary>
    public void Refuse(string name, string rule, string message)
    {
        if (!IsReported(name))
        {
            errors.Add(new($"/{Escape(name)}", rule, message));
        }
    }

    /// <summary>A required string of 1 to <paramref name="max"/> characters.</summary>
    public string Text(string name, int max) => OptionalText(name, max) ?? Missing(name, "");

    public string? OptionalText(string name, int max, bool allowEmpty = false)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            return Wrong(name, "string", "must be a string.", "");
        }

        string text;
        try
        {
            text = value.GetString()!.Normalize(NormalizationForm.FormC).Trim();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            return Wrong(name, "unicode", "is not valid Unicode.", "");
        }

        if (text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')))
        {
            return Wrong(name, "characters", "must not contain control characters.", "");
        }

        return (text.Length == 0 && !allowEmpty) || text.Length > max ? Wrong(name, "length", $"must have {(allowEmpty ? 0 : 1)} to {max} characters.", "") : text;
    }

    public string OneOf(string name, string fallback, params string[] allowed)
    {
        var text = OptionalText(name, 100);
        return text is null ? fallback : allowed.Contains(text) ? text : Wrong(name, "one_of", $"must be one of: {string.Join(", ", allowed)}.", fallback);
    }

    public Guid Key(string name) => OptionalKey(name) ?? Missing(name, Guid.Empty);

    public Guid? OptionalKey(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value when value.TryGetGuid(out var id) => id,
        _ => Wrong(name, "uuid", "must be a UUID.", Guid.Empty),
    };

    public IReadOnlyList<Guid> Keys(string name, int max)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max)
        {
            return Wrong<IReadOnlyList<Guid>>(name, "list", $"must be a list of at most {max} UUIDs.", []);
        }

        var keys = value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String && e.TryGetGuid(out var id) ? id : Guid.Empty).ToList();
        return keys.Contains(Guid.Empty) ? Wrong<IReadOnlyList<Guid>>(name, "uuid", "must hold only UUIDs.", []) : keys;
    }

    public long Number(string name, long min, long max) => OptionalNumber(name, min, max) ?? Missing(name, min);

    public long? OptionalNumber(string name, long min, long max) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) && number >= min && number <= max => number,
        _ => Wrong(name, "range", $"must be a whole number from {min} to {max}.", min),
    };

    public bool Flag(string name) => Find(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        _ => Wrong(name, "boolean", "must be true or false.", false),
    };

    /// <summary>An RFC 3339 time with an offset.</summary>
    public DateTimeOffset? OptionalTime(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value when HasOffset(value.GetString()!) && value.TryGetDateTimeOffset(out var time) => time,
        _ => Wrong(name, "time", "must be an RFC 3339 time with an offset, such as 2026-03-02T09:00:00Z.", DateTimeOffset.UnixEpoch),
    };

    private bool IsReported(string name) => errors.Any(e => e.Pointer == $"/{Escape(name)}");

    private JsonElement? Find(string name)
    {
        asked.Add(name);
        return root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private T Missing<T>(string name, T placeholder)
    {
        // A value of the wrong kind was reported already.
        return IsReported(name) ? placeholder : Wrong(name, "required", "is required.", placeholder);
    }

    private T Wrong<T>(string name, string rule, string message, T placeholder)
    {
        errors.Add(new($"/{name}", rule, $"{name} {message}"));
        return placeholder;
    }

    private static bool HasOffset(string text) => text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');

    private static string Escape(string name) => (name.Length > 100 ? name[..100] : name).Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
