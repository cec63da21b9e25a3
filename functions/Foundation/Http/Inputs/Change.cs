namespace Portal.Functions.Foundation.Http.Inputs;

/// <summary>
/// A field of a merge patch (RFC 7396): left out, set, or (where <typeparamref name="T"/> is nullable) removed with null.
/// </summary>
public readonly record struct Change<T>(bool IsSet, T? Value) : IChange
{
    object? IChange.Value => Value;

    /// <summary>The new value, or the present one when the patch leaves the field out.</summary>
    public T? Or(T? present) => IsSet ? Value : present;

    static IChange IChange.Of(object? value) => new Change<T>(true, (T?)value);
}

internal interface IChange
{
    bool IsSet { get; }

    object? Value { get; }

    internal static abstract IChange Of(object? value);
}

/// <summary>Rules between fields, asked once each field keeps its own.</summary>
public interface IChecked
{
    void Check(Faults faults, DateTimeOffset now);
}

/// <summary>The broken rules of one request.</summary>
public sealed class Faults(string prefix = "/")
{
    private readonly List<FieldError> errors = [];

    public IReadOnlyList<FieldError> Errors => errors;

    /// <summary>Adds a broken rule of a top-level field.</summary>
    public void Add(string field, string rule, string message) => errors.Add(new(prefix + field, rule, $"{field} {message}"));

    internal void At(string pointer, string rule, string message) => errors.Add(new(pointer, rule, message));
}
